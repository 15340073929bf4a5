"""Works on a run's items in batches: claimed with a lease, asked for, written behind a fence, each with an outcome."""
