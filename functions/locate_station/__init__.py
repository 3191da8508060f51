"""Ride messages -> nearest ground station and labels -> the located-rides queue."""
