"""What callers measure: real rows sent to the API, its answers against the truth, and the models ranked by that."""
