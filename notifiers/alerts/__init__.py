"""Alerts: what was observed, how it stands, who has taken it on, what is silenced."""
