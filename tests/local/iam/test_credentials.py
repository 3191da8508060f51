"""Keys of sessions, and what a process sees of the user's environment."""

import re
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.iam import process_environment
from local.iam.credentials import evict_expired, session_keys
from local.server import ROOT

NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), min_size=1, max_size=3)


@given(NAMES, NAMES)
def test_names_have_keys_of_their_own(one: list[str], other: list[str]) -> None:
    assert (session_keys(*one) == session_keys(*other)) == (one == other)
    assert (session_keys(*one).access_key_id == session_keys(*other).access_key_id) == (one == other)


def test_keys_have_the_form_of_awss() -> None:
    keys = session_keys("role", "arn")
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", keys.access_key_id)
    assert (len(keys.secret_access_key), len(keys.session_token)) == (40, 88)
    assert keys.secret_access_key not in repr(keys)
    assert keys.session_token not in repr(keys)


def test_another_process_has_other_keys_for_the_same_names() -> None:
    code = "from local.iam.credentials import session_keys; print(session_keys('role', 'arn').access_key_id)"
    started = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert started.stdout.strip() != session_keys("role", "arn").access_key_id


@given(st.dictionaries(st.text(), st.text()))
def test_process_inherits_what_is_listed_and_nothing_else(environment: dict[str, str]) -> None:
    listed = {"PATH": "/bin", "LANG": "C"}
    rest = {name: value for name, value in environment.items() if name not in process_environment.INHERITED}
    assert process_environment.inherited(rest | listed) == listed


def test_sessions_may_come_while_expired_ones_are_dropped() -> None:
    sessions: dict[str, dict[str, float]] = {}

    class BusySession(dict[str, float]):
        """One at whose sight another thread adds a session."""

        def get(self, key: str, default: Any = None) -> Any:
            sessions["new"] = {}
            return super().get(key, default)

    sessions |= {"busy": BusySession(), "old": {"Expiration": 99.0}, "young": {"Expiration": 101.0}, "lasting": {}}
    evict_expired(sessions, 100.0)
    assert sorted(sessions) == ["busy", "lasting", "new", "young"]
