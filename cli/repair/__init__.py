"""`reconcilery repair` and `reconcilery compensate`: put missing outputs back, watch it, and take it back."""
