"""Work that must not hold up an event loop."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def off_the_loop(work: Callable[[], T]) -> Callable[[], T]:
    """The same work, but that the thread of the tests and of their event loops must not do it."""

    def elsewhere() -> T:
        assert threading.current_thread() is not threading.main_thread()
        return work()

    return elsewhere
