"""Samples of a fulfilment centre, each how long it took to pick an item from its bin: what they are, and their way."""
