"""LISTEN: the interface through which other services emit their events, and what is known from them."""
