"""The console's page is built from the sources that are beside it, and is small."""

import gzip

from console.application import ASSETS
from console.sources import DIGEST, digest

MOST_SCRIPT = 300_000


def test_assets_are_built_from_these_sources() -> None:
    assert DIGEST.read_text(encoding="ascii").strip() == digest(), "`make page` builds the assets anew"


def test_all_script_is_at_most_300_kb_when_it_is_packed() -> None:
    scripts = list(ASSETS.glob("assets/*.js"))
    assert scripts
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= MOST_SCRIPT


def test_lock_has_no_address_of_a_registry() -> None:
    lock = (ASSETS.parent / "page" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
