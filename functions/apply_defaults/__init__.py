"""Checks what an execution was started with."""
