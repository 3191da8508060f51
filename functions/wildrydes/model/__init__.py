"""Models: the artefact, its archive, and what is stored beside it."""
