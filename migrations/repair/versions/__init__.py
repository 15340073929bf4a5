"""One module a change, each with the number of the one before it."""
