"""One chunk -> processed rides, and the rejected with their reasons."""
