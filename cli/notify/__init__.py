"""`reconcilery notify`."""
