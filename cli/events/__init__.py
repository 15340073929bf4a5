"""`reconcilery events`."""
