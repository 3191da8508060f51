"""Where a function finds what its layers bring.

AWS unpacks all layers over one another into /opt, whose folders are on the paths of the runtime. Here each layer has a
folder of its own, and the last layer's comes first on the same paths, so that it covers the earlier ones.
https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.lambda_.interpreters import is_node
from local.seams import replace, seam


def install() -> None:
    """Refuse layers of other accounts, whose content is not here; MiniStack runs the function without it."""
    from ministack.services import lambda_svc

    for name in ("_resolve_layer_zip", "_docker_extracted_dir"):
        seam(lambda_svc, name)

    def refuse(layer_arn: str, *_: Any) -> tuple[None, Any]:
        message = f"The layer {layer_arn} is another account's: its content is not here."
        return None, lambda_svc.error_response_json("InvalidParameterValueException", message, 400)

    replace(lambda_svc, "_resolve_cross_account_layer", refuse)


def folders(config: Mapping[str, Any]) -> list[Path]:
    """The folders of the layers of a function, by its configuration; the last layer's comes first."""
    from ministack.services import lambda_svc

    archives = [lambda_svc._resolve_layer_zip(each) for each in config.get("Layers") or ()]
    return [Path(lambda_svc._docker_extracted_dir(each, "layer")) for each in reversed(archives) if each]


def variables(runtime: str, layers: Sequence[Path], own: Mapping[str, str]) -> dict[str, str]:
    """The variables by which the runtime finds what layers bring, before what the function's `own` variables name.

    >>> variables("python3.12", [Path("/layer")], {"PYTHONPATH": "/mine"})["PYTHONPATH"]
    '/layer/python:/layer/python/lib/python3.12/site-packages:/mine'
    """
    paths = {"PATH": ["bin"], "LD_LIBRARY_PATH": ["lib"]}
    if runtime.startswith("python"):
        paths["PYTHONPATH"] = ["python", f"python/lib/{runtime}/site-packages"]
    if is_node(runtime):
        major = runtime.removesuffix(".x").removeprefix("nodejs")
        paths["NODE_PATH"] = ["nodejs/node_modules", f"nodejs/node{major}/node_modules"]
    return {name: _joined(layers, inside, own.get(name)) for name, inside in paths.items() if layers}


def _joined(layers: Sequence[Path], inside: Sequence[str], own: str | None) -> str:
    entries = [str(layer / path) for layer in layers for path in inside]
    return os.pathsep.join([*entries, own] if own else entries)
