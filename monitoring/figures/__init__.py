"""What the events amount to: durations, rates, what is wrong, who is alive."""
