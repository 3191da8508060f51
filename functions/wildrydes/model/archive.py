"""Takes the members out of what SageMaker's algorithms write; nothing is extracted to disk.

    model.tar.gz ─gunzip─> tar ─> model_algo-1 ─zip─> mx-mod-symbol.json      the graph
                                                      mx-mod-0000.params      weights and bias
                                                      additional-params.json  threshold

    model.tar.gz ─gunzip─> tar ─> xgboost-model

That is the linear learner's, and XGBoost's. An algorithm writes one regular file into the tar, and into the zip each
name once: an archive with a link, a device, another file or a name twice was made by somebody else, and is refused.
Every size is bounded before anything of it is read, so an archive takes no more memory than some times what it may
have once gunzipped, whatever its headers say.
"""

import zlib

from wildrydes.errors import BadModel
from wildrydes.model.members import DamagedArchiveError, tar_entries, zip_content, zip_entries

MOST_UNPACKED = 8 << 20
"""The bytes that the archive may have once gunzipped: room for two million weights."""

MOST_PACKED = MOST_UNPACKED
"""The bytes that the archive may have as it is: gzip makes nothing much larger."""

SYMBOL, PARAMS, ADDITIONAL = "mx-mod-symbol.json", "mx-mod-0000.params", "additional-params.json"

# A linear model's graph and settings have a thousand bytes each, however many features there are. JSON grows some
# fiftyfold when it is parsed.
_MOST_JSON = 1 << 18
_MOST_BYTES = {SYMBOL: _MOST_JSON, PARAMS: MOST_UNPACKED, ADDITIONAL: _MOST_JSON}
_MOST_MEMBERS = 16
_INNER = "model_algo-1"


def members(archive: bytes) -> dict[str, bytes]:
    """The contents of SYMBOL, PARAMS and ADDITIONAL in a model.tar.gz. Raises BadModel, whatever the bytes are."""
    return _members_of_zip(single_member(archive, _INNER, MOST_UNPACKED))


def single_member(archive: bytes, name: str, most: int) -> bytes:
    """The only file in a model.tar.gz, of this name; gunzipped it has at most so many bytes. Raises BadModel."""
    return _member_of_tar(_gunzipped(archive, most), name)


def _gunzipped(archive: bytes, most: int) -> bytes:
    if len(archive) > MOST_PACKED:
        raise BadModel(f"the artefact has more than {MOST_PACKED} bytes")
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        data = stream.decompress(archive, most)
    except zlib.error as error:
        raise BadModel(f"the artefact is no gzip: {error}") from None
    if stream.unconsumed_tail:
        raise BadModel(f"the artefact holds more than {most} bytes")
    if not stream.eof:
        raise BadModel("the artefact is cut short: its gzip stream has no end")
    if stream.unused_data:
        raise BadModel(f"the artefact goes on for {len(stream.unused_data)} bytes after the end of its gzip stream")
    return data


def _member_of_tar(data: bytes, expected: str) -> bytes:
    member = None
    try:
        for name, content in tar_entries(data):
            if member is not None or name.removeprefix("./") != expected:
                raise BadModel(f"the artefact has {name[:100]!r} where its algorithm writes {expected} alone")
            if content is None:
                raise BadModel(f"{expected} is no regular file: its algorithm did not write it")
            member = content
    except DamagedArchiveError as damaged:
        raise BadModel(f"the artefact is no tar archive, or a damaged one: {damaged}") from None
    if member is None:
        raise BadModel(f"the artefact has no file {expected}; was it written by another algorithm?")
    return member


def _members_of_zip(data: bytes) -> dict[str, bytes]:
    try:
        entries = zip_entries(data, _MOST_MEMBERS)
        by_name = {entry.name: entry for entry in entries}
        if len(by_name) < len(entries):
            raise BadModel(f"{_INNER} has {len(entries)} members, {len(by_name)} of them by different names")
        if lacking := _MOST_BYTES.keys() - by_name.keys():
            raise BadModel(f"{_INNER} lacks a member: {min(lacking)}")
        return {name: zip_content(data, by_name[name], most) for name, most in _MOST_BYTES.items()}
    except DamagedArchiveError as damaged:
        raise BadModel(f"{_INNER} is no zip archive, or a damaged one: {damaged}") from None
