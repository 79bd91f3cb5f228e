"""The moment, as everything that keeps something reads it: a test puts another clock in its place."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the moment, with its time zone."""


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)
