"""What the champions answer: who asks, how they are watched, and how callers rank them."""
