"""Files of samples that commands take: checked before anything is sent, and put into the bucket as they are.

    samples.csv.gz ──check──> SampleFile ──upload──> samples/files/<id>.jsonl.gz

`upload` is for what is there already, such as the two million rows of a file: it takes no message and no function. Its
rows have the same ids that `wildrydes publish` gives them, so that a file that came both ways counts once.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.errors import UnreadableFileError
from cli.stack import Stack
from wildrydes.bucket import SAMPLES, arrival_time
from wildrydes.errors import BadSample
from wildrydes.samples.files import SampleFile, describe_file, samples_of
from wildrydes.samples.messages import Message, records_of


def check(path: Path, count: int | None = None) -> SampleFile:
    """The file, the first `count` samples of which can be used. Raises UnreadableFileError."""
    with _named(path):
        file = describe_file(path)
        rows = sum(1 for _ in samples_of(file, count))
    if not rows:
        raise UnreadableFileError(f"{path} has no samples.")
    return file


def upload(stack: Stack, file: SampleFile) -> str:
    """Put all samples of a file under samples/, as rows of the table; the object's key. Raises UnreadableFileError."""
    key = f"{SAMPLES}files/{file.id}.jsonl.gz"
    now = arrival_time(datetime.now(UTC))
    with TemporaryDirectory() as folder, _named(file.path):
        packed = Path(folder) / "samples.jsonl.gz"
        with gzip.open(packed, "wt", encoding="ascii", compresslevel=6) as rows:
            for sample in samples_of(file):
                (row,) = records_of(Message(f"file-{file.id}", "", now, sample.text))
                rows.write(row.line)
        stack.client("s3").upload_file(str(packed), stack.bucket, key)
    return key


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of a fault which file has it."""
    try:
        yield
    except BadSample as fault:
        raise UnreadableFileError(f"{path}: {fault.detail} ({fault.reason}).") from None
    except (gzip.BadGzipFile, EOFError) as fault:
        raise UnreadableFileError(f"{path} is no whole gzip file: {fault}.") from None
