"""Messages of the samples topic -> the delivery stream."""
