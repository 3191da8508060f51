"""Puts all parts of the embedded AWS in place.

application   the application that `local.server` serves, and what stops it
parts         what is replaced and starts nothing of its own
answers       holds answers back until they are saved, where the server keeps its state
keeping       what it keeps then; ministack_stores: what MiniStack holds
paths         the server's own paths
"""
