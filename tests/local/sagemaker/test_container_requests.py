"""Payloads that a container cannot read: each is refused with 400, and the connection stays."""

import numpy as np
import pytest

from local.algorithms.serving.predictor import CSV, JSON, JSON_LINES, LIBSVM, Predictor
from local.algorithms.serving.requests import RefusedPayloadError, read_features

PREDICTOR = Predictor(2, lambda _, __: {}, (CSV, JSON, JSON_LINES, LIBSVM), default_accept=JSON)
ENDLESS = b"1" + b"0" * 400


def test_a_payload_as_it_is_meant_is_a_table() -> None:
    table = read_features(b'{"instances": [{"features": [1, 2.5]}]}', JSON, PREDICTOR)
    assert np.array_equal(table, [[1.0, 2.5]])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"instances": [[1, 2]]}'),
        (JSON, b'{"instances": ["features"]}'),
        (JSON, b'{"instances": {"features": [1, 2]}}'),
        (JSON, b'{"instances": [{"data": [1, 2]}]}'),
        (JSON, b'{"instances": [{"features": [1, %s]}]}' % ENDLESS),
        (JSON, b'{"instances": [{"features": {"keys": [1e400], "values": [1], "shape": [2]}}]}'),
        (JSON_LINES, b"3\n"),
        (JSON_LINES, b'{"features": [1, %s]}' % ENDLESS),
        (CSV, b"1,%s" % ENDLESS),
    ],
)
def test_a_payload_of_another_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(RefusedPayloadError) as refusal:
        read_features(body, content_type, PREDICTOR)
    assert refusal.value.status == 400
