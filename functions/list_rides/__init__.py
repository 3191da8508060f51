"""The function that lists the rides a training set is built from."""
