"""`reconcilery alerts`."""
