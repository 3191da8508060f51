"""The two files of an MXNet module, byte for byte as MXNet 1.9.1 writes them.

MXNet takes a second to import, which is more than all else that a small training job does. The tests hold these bytes
to those that MXNet itself writes, and let MXNet's module read them. `functions/wildrydes/model/mxnet_params.py` has the
format of the parameters and its source.
"""

import struct
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

_VERSION = 10901


class _Node(NamedTuple):
    """A node of the graph; `inputs` are the places of the nodes that it takes."""

    op: str
    name: str
    inputs: tuple[int, ...] = ()
    attributes: Mapping[str, str] = {}

    def to_json(self) -> str:
        lines = [f'"op": "{self.op}"', f'"name": "{self.name}"']
        if self.attributes:
            lines.append(f'"attrs": {self._attributes()}')
        lines.append(f'"inputs": [{", ".join(f"[{place}, 0, 0]" for place in self.inputs)}]')
        return "{\n      " + ", \n      ".join(lines) + "\n    }"

    def _attributes(self) -> str:
        pairs = [f'"{name}": "{value}"' for name, value in sorted(self.attributes.items())]
        if len(pairs) == 1:
            return f"{{{pairs[0]}}}"
        return "{\n        " + ", \n        ".join(pairs) + "\n      }"


def symbol_json(features: int, *, classifies: bool) -> str:
    """The graph: dot(data, fc0_weight) -> broadcast_add fc0_bias -> a regression output, which out_label is for."""
    output = "LogisticRegressionOutput" if classifies else "LinearRegressionOutput"
    nodes = (
        _Node("null", "data"),
        _Node("null", "fc0_weight", attributes={"__shape__": f"({features}, 1)"}),
        _Node("dot", "dot0", (0, 1)),
        _Node("null", "fc0_bias", attributes={"__lr_mult__": "10.0", "__shape__": "(1, 1)"}),
        _Node("broadcast_add", "broadcast_add0", (2, 3)),
        _Node("null", "out_label"),
        _Node(output, f"{output.lower()}0", (4, 5)),
    )
    arguments = [place for place, node in enumerate(nodes) if node.op == "null"]
    texts = ", \n    ".join(node.to_json() for node in nodes)
    lines = (
        f'"nodes": [\n    {texts}\n  ]',
        f'"arg_nodes": {arguments}',
        f'"node_row_ptr": {list(range(len(nodes) + 1))}',
        f'"heads": [[{len(nodes) - 1}, 0, 0]]',
        f'"attrs": {{"mxnet_version": ["int", {_VERSION}]}}',
    )
    return "{\n  " + ", \n  ".join(lines) + "\n}"


def params_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A `.params` file of named arrays, which are written as dense float32 arrays of the first CPU."""
    parts = [struct.pack("<QQQ", 0x112, 0, len(arrays))]
    for array in arrays.values():
        parts.append(struct.pack("<IiI", 0xF993FAC9, 0, array.ndim))
        parts.append(struct.pack(f"<{array.ndim}q", *array.shape))
        parts.append(struct.pack("<iii", 1, 0, 0))
        parts.append(np.ascontiguousarray(array, dtype="<f4").tobytes())
    parts.append(struct.pack("<Q", len(arrays)))
    parts.extend(struct.pack("<Q", len(name)) + name for name in map(str.encode, arrays))
    return b"".join(parts)
