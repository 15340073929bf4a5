"""What surrounds every request: who asks and whether they may, bodies, lists, repeated writes, and what went wrong."""
