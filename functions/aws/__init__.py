"""The only code of the functions that talks to AWS."""
