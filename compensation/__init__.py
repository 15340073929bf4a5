"""REPAIR: plans, fetches and writes back the outputs that are missing, exactly once, and takes a run back."""
