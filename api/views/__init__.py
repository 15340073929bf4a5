"""What people and programs look at, as plain values: the page, the API, the report and the command line share them."""
