"""TELL: what a check found goes to people."""
