"""Models: the champions, those beside them, their numbers, and answers to rides that a person tries."""
