"""The changes of the tables of repairs, which are applied to the application's database."""
