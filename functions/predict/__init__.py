"""An API request -> a probability."""
