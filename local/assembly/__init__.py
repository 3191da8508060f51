"""Puts all parts of the embedded AWS in place.

application   the application that `local.server` serves, and what stops it
parts         what is replaced and starts nothing of its own
paths         the server's own paths
"""
