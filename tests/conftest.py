"""The embedded AWS for the tests: one server a session, on a free port, with nothing deployed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import account, process

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the embedded AWS listens."""
    with process.temporary_server(tmp_path_factory.mktemp("server") / "embedded-aws.log") as address:
        yield address


@pytest.fixture(scope="session")
def client(endpoint: str) -> Client:
    """Makes boto3 clients of the account's root."""
    return lambda service: account.client(service, endpoint)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real rides, weather and models; what reads them is skipped where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    return SHARED
