"""What reports say, in English and in Chinese."""
