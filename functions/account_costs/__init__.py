"""Accounts what an execution cost."""
