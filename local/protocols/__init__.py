"""What the APIs of all services have in common: JSON, the names of members, and the constraints of their models."""
