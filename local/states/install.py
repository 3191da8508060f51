"""Puts the parts of `local.states` in their places."""

import logging

from local.states import calls, distributed_map, ends, jobs, language, mount, names, nested, parsing, starts


def install(endpoint: str) -> None:
    """Play Step Functions as AWS does; tasks call the services at `endpoint`."""
    # Each failure of a user's workflow would be an error of the server's with the whole state spelt out.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    parsing.install()
    mount.install()
    calls.install(endpoint)
    jobs.install()
    names.install()
    nested.install()
    starts.install()
    ends.install()
    distributed_map.install()
    language.install()
