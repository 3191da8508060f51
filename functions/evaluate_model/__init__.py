"""A trained model and its test split -> metrics and a model card."""
