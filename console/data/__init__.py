"""The rides, samples and weather of a stack: what was ingested, what was left out, and where gaps were filled from."""
