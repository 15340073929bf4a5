"""What is told: composed from alerts and events, worded in two languages, made to fit."""
