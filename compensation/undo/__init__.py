"""Takes written rows back: a whole run, or where the application has written late what we wrote first."""
