"""Sends real rows to the API, and publishes what it measures of the models that answer."""
