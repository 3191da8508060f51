"""Functions whose code stands in the template, beside which AWS puts a module that answers for custom resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-lambda-function-code-cfnresponsemodule.html
"""

import io
import zipfile
from pathlib import Path

from local.seams import replace, seam

_MODULES = Path(__file__).parent / "inline"
_MODULE_OF = {"python": "cfnresponse.py", "nodejs": "cfn-response.js"}


def install() -> None:
    """Put the module into the packages that MiniStack makes of inline code."""
    from ministack.services.cloudformation import provisioners

    pack = seam(provisioners, "_zip_inline")

    def pack_with_module(source: str | None, handler: str, runtime: str = "python3.12") -> bytes | None:
        package = pack(source, handler, runtime)
        return package if package is None else with_module(package, runtime)

    replace(provisioners, "_zip_inline", pack_with_module)


def with_module(package: bytes, runtime: str) -> bytes:
    """The package of inline code, with the module of its language."""
    name = next((name for language, name in _MODULE_OF.items() if runtime.startswith(language)), None)
    buffer = io.BytesIO(package)
    with zipfile.ZipFile(buffer, "a") as archive:
        if name is not None and name not in archive.namelist():
            archive.writestr(name, (_MODULES / name).read_text(encoding="utf-8"))
    return buffer.getvalue()
