"""Keeps everybody together within what a provider allows: rate, calls under way, and a circuit breaker."""
