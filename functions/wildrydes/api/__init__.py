"""The API: what it takes, what it answers, and its document."""
