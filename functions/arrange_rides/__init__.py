"""What is under processed/ -> the layout that queries read."""
