"""A day's captured predictions next to the champion's card: drift, served quality, and metrics of both."""
