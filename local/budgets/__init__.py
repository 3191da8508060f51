"""AWS Budgets: what a template may create of it."""
