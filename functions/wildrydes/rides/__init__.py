"""Rides: what one is, the files and messages that bring them, and what became of each."""
