"""`/metrics`: what Prometheus reads, collected from the own tables and Redis, so the same from every machine."""
