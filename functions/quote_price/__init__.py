"""Says what a ride costs, and why."""
