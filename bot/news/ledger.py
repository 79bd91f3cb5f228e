"""How deliveries ended, written soon and many at once; what the database would not take is kept until it does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryState
from bot.state.outbox import Outbox

log = logging.getLogger(__name__)

TOGETHER = 0.025
"""Seconds from one transaction to the next at least: what ended meanwhile is written in one. After a kill it is what
is sent twice beside what was in the air."""

Sent = Callable[[Sequence[tuple[Parcel, Outcome]]], Awaitable[None]]
"""Hears what has been sent and how that ended, once it is written."""


class Ledger:
    """Takes outcomes as they come, and writes them into the outbox in a task of its own."""

    def __init__(self, outbox: Outbox, sent: Sent | None = None) -> None:
        self._outbox = outbox
        self._sent = sent
        self._unwritten: list[tuple[Parcel, Outcome]] = []
        self._writing: asyncio.Task[None] | None = None
        self._next_write = 0.0  # by the loop's clock
        self._failure: BaseException | None = None  # of the last write, until somebody was told

    @property
    def written(self) -> bool:
        """Whether everything is."""
        return not self._unwritten

    @property
    def broken(self) -> bool:
        """Whether the database failed, and nobody was told yet."""
        return self._failure is not None

    def note(self, part: Parcel, outcome: Outcome) -> None:
        """Have it written soon, with whatever else ends meanwhile."""
        self._unwritten.append((part, outcome))
        if self._failure is None:
            self._begin()

    async def settle(self) -> None:
        """Write every outcome that is known; one that the database would not take is kept, or it came twice.

        On return `sent` has heard of all that arrived. Raises what the database did.
        """
        while self._failure is None and (self._unwritten or self._writing is not None):
            await asyncio.wait({self._begin()})
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _begin(self) -> asyncio.Task[None]:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
            self._writing.add_done_callback(self._ended)
        return self._writing

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        self._failure = None if task.cancelled() else task.exception()

    async def _write(self) -> None:
        """Write outcomes until there are none, many in one transaction."""
        clock = asyncio.get_running_loop().time
        while self._unwritten:
            await asyncio.sleep(self._next_write - clock())
            self._next_write = clock() + TOGETHER
            items = tuple(self._unwritten)
            await self._outbox.settle(items)
            del self._unwritten[: len(items)]
            await self._tell([item for item in items if item[1].state is DeliveryState.SENT])

    async def _tell(self, arrived: Sequence[tuple[Parcel, Outcome]]) -> None:
        if self._sent is None or not arrived:
            return
        try:
            await self._sent(arrived)
        except Exception:  # the messages have arrived, whatever else is made of that
            log.exception("What was sent could not be noted")
