"""What flowerconfig.py makes of Flower: a login where others reach it, verdicts, and links to our page."""
