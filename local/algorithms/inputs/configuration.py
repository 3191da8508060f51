"""The files of /opt/ml/input/config, by which SageMaker tells a training container about its job."""

import json
from pathlib import Path
from typing import Any

from local import EmbeddedAwsError


def read_configuration(
    base: Path, name: str, fault: type[EmbeddedAwsError], *, optional: bool = False
) -> dict[str, Any]:
    """The object in a file of input/config, {} for an optional one that is not there.

    Raises `fault`, the container's error for wrong input, where it cannot be read or holds no object.
    """
    path = base / "input" / "config" / name
    if optional and not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise fault(f"/opt/ml/input/config/{name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise fault(f"/opt/ml/input/config/{name} holds no object")
    return content
