"""A layer's module."""


def exclamation(text):
    """The text, with a mark."""
    return f"{text}!"
