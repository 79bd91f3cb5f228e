"""The tests' servers, and nothing else, may be connected to."""

from ipaddress import ip_address


def to_loopback(address: object) -> bool:
    """See corpus.fetching.Allow."""
    return address == ip_address("127.0.0.1")
