"""Announces how executions ended."""
