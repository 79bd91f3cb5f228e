"""Long polling that drops no question: an update is confirmed to Telegram only when it has been answered.

The library's own updater confirms what it has merely queued, so that a crash loses it. Here the offset never passes
an update that is still being worked on. While one is, the others are fetched by short polls, so it delays nobody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import TelegramError as BotStoppedError
from bot.telegram.errors import seconds_of

log = logging.getLogger(__name__)

LONG_POLL = 30
"""Seconds that Telegram may hold a request open while nothing happens."""
GRACE = 0.25
"""Seconds that answers in flight are given before the next, short poll."""
BATCH = 100
FIRST_WAIT = 0.1
"""Seconds until the next poll after one that failed, twice as long after each that follows: a line that broke once
keeps no question waiting."""
LONGEST_WAIT = 30.0
CONFLICTS = 10
"""Refusals in a row after which the other poller is believed to stay."""


class Poller:
    """Fetches updates of one bot and hands each to `process`; several run at once."""

    def __init__(self, bot: Bot, process: Callable[[Update], Awaitable[None]], allowed_updates: Sequence[str]) -> None:
        self._bot = bot
        self._process = process
        self._allowed = list(allowed_updates)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._done: set[int] = set()
        """Finished, but fetched again as long as an earlier update is in flight."""
        self._next = 0
        self._trouble: str | None = None
        """The kind of trouble that was spoken of, None while all is well."""
        self._conflicts = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`, then finish what is in flight and confirm it. Raises BotStoppedError."""
        stopped = asyncio.create_task(stop.wait())
        fetching: asyncio.Task[None] | None = None
        wait = 0.0
        try:
            while not stop.is_set():
                if wait:
                    await asyncio.wait({stopped}, timeout=wait)
                    if stop.is_set():
                        break
                fetching = asyncio.create_task(self._fetch())
                await asyncio.wait({fetching, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not fetching.done():
                    fetching.cancel()
                    await asyncio.wait({fetching})
                    break
                wait = self._after(fetching, wait)
        finally:
            stopped.cancel()
            if fetching is not None:
                fetching.cancel()
            await self._finish()

    async def _fetch(self) -> None:
        if self._in_flight:
            await asyncio.wait(self._in_flight.values(), timeout=GRACE)
        offset = min(self._in_flight, default=self._next)
        self._done = {number for number in self._done if number >= offset}
        updates = await self._bot.get_updates(
            offset=offset,
            limit=BATCH,
            timeout=0 if self._in_flight else LONG_POLL,
            allowed_updates=self._allowed,
        )
        for update in updates:
            # Not "is it greater than the last": after a quiet week, or on another server, ids begin anew.
            self._next = update.update_id + 1
            if update.update_id not in self._in_flight and update.update_id not in self._done:
                self._start(update)
        if len(updates) == BATCH and len(self._in_flight) >= BATCH:
            # The window holds nothing but unfinished work: only its first piece can make room.
            await asyncio.wait(self._in_flight.values(), return_when=asyncio.FIRST_COMPLETED)

    def _start(self, update: Update) -> None:
        async def work() -> None:
            await self._process(update)

        def done(task: asyncio.Task[None]) -> None:
            del self._in_flight[update.update_id]
            self._done.add(update.update_id)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("an update could not be processed: %s", type(error).__name__)

        task = asyncio.create_task(work())
        self._in_flight[update.update_id] = task
        task.add_done_callback(done)

    def _after(self, fetching: "asyncio.Task[None]", wait: float) -> float:
        """Seconds to wait before the next poll; says once what is wrong, and once that it is over."""
        error = fetching.exception()
        if error is None:
            if self._trouble is not None:
                log.warning("Telegram is reached again")
            self._trouble, self._conflicts = None, 0
            return 0.0
        if isinstance(error, InvalidToken):
            raise BotStoppedError("Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN") from error
        if isinstance(error, Conflict):
            self._conflicts += 1
            line = (
                "another program polls Telegram with the same token (409): stop it, "
                "or give this one a token of its own; no question is lost"
            )
            if self._conflicts >= CONFLICTS:
                raise BotStoppedError(line) from error
            return self._say_once("conflict", line, max(1.0, min(5.0, 1.5 * wait)))
        if isinstance(error, RetryAfter):
            return self._say_once("pace", "Telegram asks to poll more slowly", seconds_of(error.retry_after))
        if isinstance(error, TelegramError):
            longer = max(FIRST_WAIT, min(LONGEST_WAIT, 2 * wait))
            return self._say_once("network", f"Telegram is not reached, trying on: {error}", longer)
        raise error

    def _say_once(self, kind: str, line: str, wait: float) -> float:
        if self._trouble != kind:
            log.warning("%s", line)
        self._trouble = kind
        return wait

    async def _finish(self) -> None:
        if self._in_flight:
            await asyncio.wait(self._in_flight.values(), timeout=LONGEST_WAIT)
        if self._next:
            try:
                await self._bot.get_updates(
                    offset=min(self._in_flight, default=self._next), limit=1, timeout=0, allowed_updates=self._allowed
                )
            except TelegramError as error:
                log.info("the last answers are not confirmed: %s", error)
