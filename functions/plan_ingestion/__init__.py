"""Raw objects -> a manifest of chunks."""
