"""Where the property tests get a database for each example."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Databases:
    """Migrated and empty, each for the length of a block that gets its URL; so many examples are tried on them."""

    new: Callable[[], AbstractContextManager[str]]
    examples: int
