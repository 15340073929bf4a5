"""Counters that are exact whatever dies: counted from the rows of the ledger, which are written with what they tell."""
