"""Who gets what, once: takes what is due from the outbox, sends it, and writes how it ended.

Many chats are written to at a time; how fast is the channel's matter. A message counts as sent once the channel has
said so and that is on disk: what ends in between, by a kill or a closed connection, is sent once more, for nobody
can say whether it arrived. Who left while a message was made does not get it; one that the channel was handed by then
cannot be called back, though it may wait for its turn there. Logs count; they hold neither chats nor texts.
"""

import asyncio
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, utc_now
from bot.errors import ChatGoneError, ChatMovedError, MessageGoneError, SendError, TryLaterError
from bot.news.arrivals import Arrivals
from bot.news.ledger import Ledger, Sent
from bot.news.message import Message
from bot.news.resting import Rest
from bot.news.tries import MAX_ATTEMPTS, Wait, later, spent, without
from bot.replies import Channel, ChatAddress, Lane, Reply
from bot.state.database import in_one_line
from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason
from bot.state.outbox import LEASE, Outbox

logger = logging.getLogger(__name__)

AT_ONCE = 64
"""Chats written to at a time, most of which wait for their turn: two seconds of what Telegram takes. After a kill on
another machine as many wait for the end of a lease."""

LOOK_AGAIN = 1.0
"""Seconds after which it is looked for more, while messages that are slow to be taken are still on their way."""

RENEWAL = LEASE.total_seconds() / 4
"""Seconds from one sign of life to the next."""

Compose = Callable[[Parcel], Awaitable[Message | None]]
"""What goes into a message -> it, None where nothing of it can be told any more; of an edit, the whole new text."""

Parts = Callable[[Parcel], Sequence[Parcel]]
"""What a chat is due -> what of it goes into each message, in their order; an edit by itself."""


class Sender(Protocol):
    """A way to reach the chats of one channel. Raises a SendError, and no other error."""

    async def send(
        self, chat: ChatAddress, reply: Reply, *, reply_to: int | None = None, lane: Lane = Lane.ANSWERS
    ) -> int:
        """Send one message with its documents, as a reply to the message of that number if there is one.

        On return the channel has taken it. Gives its number, 0 where the channel has none.
        """

    async def edit(self, chat: ChatAddress, message_id: int, reply: Reply, *, lane: Lane = Lane.ANSWERS) -> bool:
        """Put the reply in the place of what the message says; False where it says that already."""


class Announcer:
    """Delivers on one channel; several may do so on one database.

    `folder` is where processes of one machine leave word of what arrived, `parts` tells the messages that a parcel
    becomes, `sent` hears of those that arrived, and what is logged while a chat is written to is logged inside what
    `lines` gives.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        compose: Compose,
        channel: Channel,
        folder: Path,
        *,
        parts: Parts = lambda parcel: (parcel,),
        sent: Sent | None = None,
        lines: Callable[[ChatAddress], AbstractContextManager[object]] = nullcontext,
        now: Clock = utc_now,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        at_once: int = AT_ONCE,
    ) -> None:
        """`clock` gives seconds and never goes back, `chance` 0 to 1."""
        self._outbox = outbox
        self._sender = sender
        self._compose = compose
        self._channel = channel
        self._parts = parts
        self._lines = lines
        self._now = now
        self._at_once = at_once
        self._owner = uuid.uuid4().hex
        self._arrivals = Arrivals(folder, self._owner)
        self._ledger = Ledger(outbox, self._arrivals, sent)
        self._chance = chance
        self._rest = Rest(clock, chance)
        self._asking = asyncio.Lock()  # in their order, and connections are left for who answers people

    async def run(self, stop: asyncio.Event, interval: float = 1.0) -> None:
        """Deliver until `stop` is set, looking every `interval` seconds; trouble of the database is waited out."""
        ended = asyncio.Event()
        with self._noting():
            alive = asyncio.create_task(self._stay_alive(ended))
            try:
                while not stop.is_set():
                    sent = 0
                    try:
                        sent = await self.deliver_due(stop)
                    except SQLAlchemyError as error:
                        logger.warning("Announcements wait, the database says: %s", in_one_line(error))
                    # In the middle of a broadcast the next look is due as soon as the channel lets us.
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), min(interval, self._rest.left) if sent else interval)
            finally:
                ended.set()
                await alive

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What arrives is noted on disk; what the database lacks by the end, the next process takes over."""
        opened = self._arrivals.open()
        try:
            yield
        finally:
            if opened and self._ledger.written:
                self._arrivals.close()

    async def _stay_alive(self, ended: asyncio.Event) -> None:
        """Renew the lease of what is being sent, and owe again what others were sending as they ended."""
        while not ended.is_set():
            try:
                await self._ledger.take_over()
                await self._outbox.recover(self._channel, self._now(), self._owner)
            except SQLAlchemyError as error:
                logger.warning("What others left is not looked for, the database says: %s", in_one_line(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), RENEWAL)

    async def deliver_due(self, stop: asyncio.Event | None = None) -> int:
        """Send all that is due now, until `stop` is set; give how many messages were sent.

        What was begun is ended and written. Raises SQLAlchemyError when the database fails: what was sent by then is
        written at the next call.
        """
        with self._noting():
            return await self._deliver_due(stop)

    async def _deliver_due(self, stop: asyncio.Event | None) -> int:
        await self._ledger.settle()
        outcomes: Counter[DeliveryState] = Counter()
        in_the_air: set[asyncio.Task[None]] = set()
        landed = asyncio.Event()

        def land(task: asyncio.Task[None]) -> None:
            in_the_air.discard(task)
            landed.set()

        try:
            while not self._ends(stop):
                most = 1 if self._rest.probing else self._at_once
                places = most - len(in_the_air)
                if places * 2 < most:
                    landed.clear()
                    await landed.wait()
                    continue
                parcels = await self._outbox.take(self._channel, self._now(), places, self._owner)
                for parcel in parcels:
                    task = asyncio.create_task(self._deliver(parcel, outcomes))
                    in_the_air.add(task)
                    task.add_done_callback(land)
                if not parcels:
                    if not in_the_air and self._ledger.written:
                        break
                    if in_the_air:  # what becomes due meanwhile does not wait for the slowest of them
                        await asyncio.wait(in_the_air, timeout=LOOK_AGAIN)
                    await self._ledger.settle()  # what moved is due again at once
        finally:
            if in_the_air:
                await asyncio.wait(in_the_air)
            if outcomes:
                counts = ", ".join(f"{state} {count}" for state, count in sorted(outcomes.items()))
                logger.info("Announcements on %s: %s", self._channel, counts)
        await self._ledger.settle()
        return outcomes[DeliveryState.SENT]

    def _ends(self, stop: asyncio.Event | None) -> bool:
        """Whether nothing more is to be taken: stopped, told to wait, or in trouble with the database."""
        return (stop is not None and stop.is_set()) or not self._rest.over or self._ledger.broken

    async def _deliver(self, parcel: Parcel, outcomes: Counter[DeliveryState]) -> None:
        """Send the parts of a parcel one after another; trouble with the chat is trouble with the rest of it."""
        left = iter(self._parts(parcel))
        for part in left:
            fresh = self._given_up(part, outcomes)
            if not fresh.deliveries:
                continue
            with self._lines(parcel.chat):
                found = await self._attempt(fresh)
            if isinstance(found, Outcome):
                ended, due_at = [(fresh, found)], found.due_at
            else:
                ended = later(fresh, found, self._now(), self._chance())
                due_at = self._now() + timedelta(seconds=found.seconds)
            for one, outcome in ended:
                self._ledger.note(one, outcome)
            outcome = ended[-1][1]
            outcomes[outcome.state] += 1
            if due_at is not None or outcome.pause is not None:
                for rest in left:
                    self._ledger.note(rest, Outcome(DeliveryState.PENDING, outcome.reason, due_at, unheard=True))
                return

    def _given_up(self, part: Parcel, outcomes: Counter[DeliveryState]) -> Parcel:
        """The part without what has had all its tries, which has failed."""
        ended = spent(part)
        if ended.deliveries:
            outcomes[DeliveryState.FAILED] += 1
            reason = f"no answer in {MAX_ATTEMPTS} tries"
            self._ledger.note(ended, Outcome(DeliveryState.FAILED, reason=reason))
        return without(part, ended)

    async def _attempt(self, part: Parcel) -> Outcome | Wait:
        """Send what was taken; every way in which it can end is an Outcome, or a wait until the next try."""
        begun = self._rest.now
        try:
            return await self._try(part)
        except TryLaterError as error:
            if error.silent:
                before = min(delivery.unheard for delivery in part.deliveries)  # what is new waits for nothing old
                seconds = self._rest.fall_silent(error.seconds, begun, before)
                return Wait(str(error), seconds, silent=not error.in_doubt)
            if error.everywhere:
                self._rest.ask(error.seconds)
            return Wait(str(error), error.seconds)
        except SendError as error:
            self._rest.hear()
            return self._refused(error)
        except Exception as error:  # a mistake of ours in one message does not end those to the others
            logger.exception("A message could not be made or sent")
            return Wait(f"not made or sent: {type(error).__name__}", 0)

    def _refused(self, error: SendError) -> Outcome:
        """What the channel said of the message or its chat."""
        match error:
            case ChatGoneError():
                return Outcome(DeliveryState.FAILED, reason=str(error), pause=PauseReason.GONE)
            case ChatMovedError():
                return Outcome(DeliveryState.PENDING, reason="moved", due_at=self._now(), moved_to=error.address)
            case MessageGoneError():
                return Outcome(DeliveryState.SKIPPED, reason=str(error))
            case _:
                return Outcome(DeliveryState.FAILED, reason=str(error))

    async def _try(self, part: Parcel) -> Outcome | Wait:
        message = await self._compose(part)
        if message is None:
            return Outcome(DeliveryState.SKIPPED, reason="nothing of it can be told any more")
        async with self._asking:
            owed = await self._outbox.still_owed(part)
        if owed != part:  # what is left of it makes another message; who is only away gets some of it at the return
            return Wait("owed no more, or not now", 0)
        first = part.deliveries[0]
        if first.kind is not DeliveryKind.SECOND_SOURCE:
            number = await self._sender.send(part.chat, message.reply, lane=Lane.ANNOUNCEMENTS)
            self._rest.hear()
            return Outcome(DeliveryState.SENT, message_id=number or None, shown=message.shown)
        if first.message_id is None:
            return Outcome(DeliveryState.SKIPPED, reason="there is no message to edit")
        edited = await self._sender.edit(part.chat, first.message_id, message.reply, lane=Lane.ANNOUNCEMENTS)
        self._rest.hear()
        if edited:
            return Outcome(DeliveryState.SENT, shown=message.shown)
        return Outcome(DeliveryState.SKIPPED, reason="the message says so already")
