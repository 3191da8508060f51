"""Located rides -> one object a batch."""
