"""Counts of the chunks -> the execution's counts, or TooManyRejectedRides."""
