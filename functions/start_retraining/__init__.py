"""Grants or puts off what asks for a retraining."""
