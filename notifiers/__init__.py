"""TELL: what checks found and what became of repairs goes to people."""
