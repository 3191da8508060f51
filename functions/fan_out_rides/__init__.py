"""Objects created under stream/ -> one message a ride."""
