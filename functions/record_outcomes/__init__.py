"""What came true of predictions, as callers tell it."""
