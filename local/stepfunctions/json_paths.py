"""The parts of JSON paths that stand in brackets, for who has to see where a path ends."""

BRACKETS = r"\[(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[^\[\]'\"])*\]"
"""A pattern of a name, an index or a filter in brackets; a filter may have brackets of its own."""
