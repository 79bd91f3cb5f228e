"""Who gets which article, once: takes what is due from the outbox, sends it, and writes how it ended.

Logs count; they hold neither chats nor texts.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.database import in_one_line
from bot.errors import ChatGoneError, ChatMovedError, SendError, TryLaterError
from bot.replies import Channel, ChatAddress, Reply
from bot.subscriptions import Clock, Delivery, DeliveryState, Outcome, PauseReason, Subscriptions, utc_now

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
"""Tries of one delivery before it has failed: with the waits below some three and a half hours."""

LONGEST_BACKOFF = 3600
"""Seconds: where a channel names a longer wait, its own stands."""

BATCH = 50
"""Deliveries read at once: few enough that a language chosen meanwhile is heard within seconds."""

Compose = Callable[[str, str | None], Reply | None]
"""Article slug and language (None: not known) -> the message, or None where the article is no more at hand."""


class Sender(Protocol):
    """A way to reach the chats of one channel."""

    async def send(self, chat: ChatAddress, reply: Reply) -> None:
        """Send one message; on return the channel has taken it. Raises a SendError, and no other error."""


class Announcer:
    """Delivers on one channel; for each channel and database one announcer runs at a time."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        sender: Sender,
        compose: Compose,
        channel: Channel,
        *,
        now: Clock = utc_now,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        per_second: float = 25,
    ) -> None:
        self._subscriptions = subscriptions
        self._sender = sender
        self._compose = compose
        self._channel = channel
        self._now = now
        self._sleep = sleep
        self._spacing = 1 / per_second
        self._unsettled: list[tuple[Delivery, Outcome]] = []

    async def run(self, stop: asyncio.Event, interval: float = 2.0) -> None:
        """Deliver until `stop` is set, looking every `interval` seconds; trouble of the database is waited out."""
        recovered = False
        while not stop.is_set():
            try:
                if not recovered:
                    await self._subscriptions.recover(self._channel)
                    recovered = True
                await self.deliver_due(stop)
            except SQLAlchemyError as error:
                logger.warning("Announcements wait, the database says: %s", in_one_line(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), interval)

    async def deliver_due(self, stop: asyncio.Event | None = None) -> int:
        """Send all that is due now, one after another, until `stop` is set; give how many were sent.

        Raises SQLAlchemyError when the database fails: what was sent by then is written at the next call.
        """
        await self._settle_all()
        outcomes: Counter[DeliveryState] = Counter()
        try:
            while batch := await self._subscriptions.due(self._channel, self._now(), BATCH):
                for delivery in batch:
                    if stop is not None and stop.is_set():
                        return outcomes[DeliveryState.SENT]
                    if not await self._subscriptions.claim(delivery):
                        continue
                    began = self._now()
                    outcome = await self._attempt(delivery)
                    outcomes[outcome.state] += 1
                    self._unsettled.append((delivery, outcome))
                    await self._settle_all()
                    await self._pace(began)
        finally:
            if outcomes:
                counts = ", ".join(f"{state} {count}" for state, count in sorted(outcomes.items()))
                logger.info("Announcements on %s: %s", self._channel, counts)
        return outcomes[DeliveryState.SENT]

    async def _settle_all(self) -> None:
        """Write every outcome that is known; one that the database would not take is kept, or it came twice."""
        while self._unsettled:
            await self._subscriptions.settle(*self._unsettled[0])
            del self._unsettled[0]

    async def _attempt(self, delivery: Delivery) -> Outcome:
        """Send the claimed delivery; every way in which it can end is an Outcome."""
        tries = delivery.attempts + 1
        if tries > MAX_ATTEMPTS:  # a process ended in the middle of each of them
            return Outcome(DeliveryState.FAILED, reason=f"no answer in {MAX_ATTEMPTS} tries")
        # A new article's first message checks its sample questions: seconds of one core, not of everybody's loop.
        reply = await asyncio.to_thread(self._compose, delivery.article, delivery.language)
        if reply is None:
            return Outcome(DeliveryState.SKIPPED, reason="the article is not at hand any more")
        try:
            await self._sender.send(delivery.chat, reply)
        except ChatGoneError as error:
            return Outcome(DeliveryState.FAILED, reason=str(error), pause=PauseReason.GONE)
        except ChatMovedError as error:
            return Outcome(DeliveryState.PENDING, reason="moved", due_at=self._now(), moved_to=error.address)
        except TryLaterError as error:
            if tries >= MAX_ATTEMPTS:
                return Outcome(DeliveryState.FAILED, reason=str(error))
            return Outcome(DeliveryState.PENDING, reason=str(error), due_at=self._next_try(error, tries))
        except SendError as error:
            return Outcome(DeliveryState.FAILED, reason=str(error))
        return Outcome(DeliveryState.SENT)

    def _next_try(self, error: TryLaterError, tries: int) -> datetime:
        """When to try again: after the wait that the channel names, or longer after many tries in vain.

        An outage of some hours must not use up the tries of everything that is owed.
        """
        backoff = min(4 ** (tries - 1), LONGEST_BACKOFF)
        return self._now() + timedelta(seconds=max(error.seconds, backoff))

    async def _pace(self, began: datetime) -> None:
        """Wait out what is left of one message's share of the second; a clock set back costs one share."""
        elapsed = max((self._now() - began).total_seconds(), 0)
        if elapsed < self._spacing:
            await self._sleep(self._spacing - elapsed)
