"""Predictions as they are captured, and the truth that is told of them later."""
