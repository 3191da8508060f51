import re

from wildrydes import errors
from wildrydes.errors import WildRydesError


def test_the_tree_in_the_docstring_names_every_error_and_no_other() -> None:
    names = set(re.findall(r"^(?:[├└]── )?(\w+)(?:  |$)", errors.__doc__ or "", re.MULTILINE))
    assert names == {"WildRydesError", *(error.__name__ for error in WildRydesError.__subclasses__())}
