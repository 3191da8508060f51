"""Hypothesis draws the same examples each time, however slow the machine is."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
