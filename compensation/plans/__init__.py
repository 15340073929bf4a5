"""Makes plans: what is to be repaired, with which rows, and whether it can be done at all."""
