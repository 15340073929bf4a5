"""What each channel is told of a group, decided from how its alerts stand and what the channel was told before."""
