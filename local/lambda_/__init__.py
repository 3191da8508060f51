"""Lambda: the runtime, aliases, and event source mappings."""
