"""The key of the stack's user in what the workflows have SageMaker store; without KmsKeyArn the field is left out.

SageMaker does not say that an empty key is none, and a definition has no conditions. So a state before the call holds
the settings twice, `{"plain": …, "encrypted": …}`, and `${Encryption}`, which the template puts in, is one of the two.

>>> variants({"S3OutputPath": "$.prefix"}, "KmsKeyId")["encrypted"]
{'S3OutputPath': '$.prefix', 'KmsKeyId': '${KmsKeyArn}'}
>>> chosen("$.storage.output")
'$.storage.output.${Encryption}'
"""

from typing import Any

PLAIN, ENCRYPTED = "plain", "encrypted"

KEY = "${KmsKeyArn}"
"""The ARN of the key; the template puts the word `none` in where there is none."""

CHOICE = "${Encryption}"
"""PLAIN or ENCRYPTED."""


def variants(settings: dict[str, Any], field: str) -> dict[str, Any]:
    """The settings without the key, and with it in that field."""
    return {PLAIN: settings, ENCRYPTED: settings | {field: KEY}}


def chosen(path: str) -> str:
    """The path of the settings that hold in this stack, of the variants at `path`."""
    return f"{path}.{CHOICE}"
