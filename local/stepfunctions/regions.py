"""Forgets the endpoints of all services, which moto reads to list the regions of one: some seven megabytes."""

from local.seams import seam


def forget_endpoints() -> None:
    """Drop moto's session. The regions of Step Functions stay, and a session that is needed later is made then."""
    from moto.core.base_backend import AccountSpecificBackend

    seam(AccountSpecificBackend, "get_session").cache_clear()
