"""How deliveries ended, written soon and many at once; what the database would not take is kept until it does.

What arrived is on disk before, so that a process that ends in between sends none of it twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.news.arrivals import Arrivals
from bot.state.deliveries import Arrival, Outcome, Parcel, arrival_of
from bot.state.kinds import DeliveryState
from bot.state.outbox import Outbox

log = logging.getLogger(__name__)

TOGETHER = 0.05
"""Seconds from one transaction to the next at least: what ended meanwhile is written in one. Where the disk of a
machine is lost as well, it is what is sent twice beside what was in the air."""

Sent = Callable[[Sequence[Arrival]], Awaitable[None]]
"""Hears what has been sent, once it is written; after the end of a process perhaps once more."""


class Ledger:
    """Takes outcomes as they come, and writes them into the outbox in a task of its own."""

    def __init__(self, outbox: Outbox, arrivals: Arrivals, sent: Sent | None = None) -> None:
        self._outbox = outbox
        self._arrivals = arrivals
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
        if outcome.state is DeliveryState.SENT:
            self._arrivals.note(arrival_of(part, outcome))
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
            await self._tell([arrival_of(*item) for item in items if item[1].state is DeliveryState.SENT])
            if not self._unwritten:
                self._arrivals.clear()

    async def take_over(self) -> None:
        """Write what processes that ended had not yet, and owe again at once what they were sending.

        Raises what the database did; what was left then stays for the next time, and what the disk does not give.
        """
        for owner in self._arrivals.others():
            try:
                with self._arrivals.left_by(owner) as left:
                    if left is not None:
                        await self._outbox.take_over(owner, left)
                        await self._tell(left)
            except OSError as error:
                log.warning("What an announcer that ended had noted is not read: %s", error.strerror or error)

    async def _tell(self, arrived: Sequence[Arrival]) -> None:
        if self._sent is None or not arrived:
            return
        try:
            await self._sent(arrived)
        except Exception:  # the messages have arrived, whatever else is made of that
            log.exception("What was sent could not be noted")
