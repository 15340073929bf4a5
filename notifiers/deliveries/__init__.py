"""The way of a message to a channel: kept, claimed, sent, tried again, given up."""
