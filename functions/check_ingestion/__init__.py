"""Chunk reports -> the execution's counts, or TooManyRejectedRides."""
