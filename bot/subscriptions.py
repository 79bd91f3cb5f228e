"""Who hears of what, and which message is still owed to whom: each method is one transaction.

Every method may raise SQLAlchemyError when the database fails while the bot runs; only `open_subscriptions`
turns it into a StateError for a person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import outbox
from bot.chats import RETURNS, at, ensure_chat, find_chat, insert_once, move, pause_chat
from bot.database import connect, migrate
from bot.outbox import Delivery, Outcome
from bot.replies import Channel, ChatAddress
from bot.schema import (
    EVERYTHING,
    DeliveryKind,
    DeliveryState,
    PauseReason,
    SubscriptionState,
    chats,
    subscription_topics,
    subscriptions,
)

__all__ = [
    "EVERYTHING",
    "ChatLanguage",
    "Clock",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Outcome",
    "PauseReason",
    "Subscription",
    "SubscriptionState",
    "Subscriptions",
    "open_subscriptions",
    "utc_now",
]

Clock = Callable[[], datetime]
"""Gives the moment, with its time zone."""


@dataclass(frozen=True, slots=True)
class ChatLanguage:
    """`chosen` by the person, None to follow each question; `last` is the language last used with this chat."""

    chosen: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One chat's wish to hear of announcements; `since` is when it came into this state."""

    chat: ChatAddress
    state: SubscriptionState
    since: datetime
    topics: tuple[str, ...]
    pause_reason: PauseReason | None = None


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class Subscriptions:
    """The chats, their subscriptions and the outbox, in one database that several processes may share."""

    def __init__(self, reading: AsyncEngine, writing: AsyncEngine, now: Clock = utc_now) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    async def close(self) -> None:
        """Close every connection; nothing may be asked afterwards."""
        await self._reading.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # Chats

    async def language_of(self, chat: ChatAddress) -> ChatLanguage:
        """What is known of the chat's language; nothing for a chat that was never met."""
        async with self._reading.connect() as connection:
            found = await connection.execute(select(chats.c.language, chats.c.last_language).where(at(chat)))
            row = found.one_or_none()
        return ChatLanguage() if row is None else ChatLanguage(row.language, row.last_language)

    async def choose_language(self, chat: ChatAddress, language: str | None) -> None:
        """Answer this chat in `language` from now on; None follows each question again."""
        await self._set_chat(chat, language=language)

    async def note_language(self, chat: ChatAddress, language: str) -> None:
        """Remember the language last used with this chat; writes only when it changed."""
        if (await self.language_of(chat)).last != language:
            await self._set_chat(chat, last_language=language)

    async def move_chat(self, old: ChatAddress, new_address: str) -> None:
        """Move the chat, all its threads, to `new_address`; merge it into a chat that is there already."""
        async with self._writing.begin() as connection:
            await move(connection, old, new_address, self._now())

    async def forget(self, chat: ChatAddress) -> bool:
        """Delete all that is kept of this chat, deliveries too; False where nothing was kept."""
        async with self._writing.begin() as connection:
            deleted = await connection.execute(delete(chats).where(at(chat)))
        return deleted.rowcount > 0

    async def _set_chat(self, chat: ChatAddress, **values: str | None) -> None:
        async with self._writing.begin() as connection:
            chat_id = await ensure_chat(connection, chat, self._now())
            await connection.execute(
                update(chats).where(chats.c.id == chat_id).values(updated_at=self._now(), **values)
            )

    # Subscriptions

    async def subscription_of(self, chat: ChatAddress) -> Subscription | None:
        """The chat's subscription, paused or not; None for a chat that never subscribed."""
        async with self._reading.connect() as connection:
            found = await connection.execute(select(subscriptions).join(chats).where(at(chat)))
            row = found.one_or_none()
            if row is None:
                return None
            topics = await connection.scalars(
                select(subscription_topics.c.topic)
                .where(subscription_topics.c.chat_id == row.chat_id)
                .order_by(subscription_topics.c.topic)
            )
            return Subscription(chat, row.state, row.since, tuple(topics), row.pause_reason)

    async def subscribe(self, chat: ChatAddress, language: str | None = None) -> bool:
        """Subscribe to everything, or resume what was paused; False where it was active already.

        `language` is the one that the person is being spoken to in, for announcements until one is chosen.
        """
        now = self._now()
        async with self._writing.begin() as connection:
            chat_id = await ensure_chat(connection, chat, now)
            if language is not None:
                await connection.execute(
                    update(chats).where(chats.c.id == chat_id).values(last_language=language, updated_at=now)
                )
            new = insert(subscriptions).values(chat_id=chat_id, state=SubscriptionState.ACTIVE, since=now)
            if await insert_once(connection, new):
                await connection.execute(insert(subscription_topics).values(chat_id=chat_id, topic=EVERYTHING))
                return True
            resumed = await connection.execute(
                update(subscriptions)
                .where(subscriptions.c.chat_id == chat_id, subscriptions.c.state == SubscriptionState.PAUSED)
                .values(state=SubscriptionState.ACTIVE, pause_reason=None, since=now)
            )
            return resumed.rowcount > 0

    async def unsubscribe(self, chat: ChatAddress) -> bool:
        """End the subscription by the person's wish; False where there was none to end.

        Nothing that was still owed is sent any more, and only `subscribe` brings the chat back.
        """
        return await self._pause(chat, PauseReason.PERSON, absent_too=True)

    async def pause(self, chat: ChatAddress, reason: PauseReason) -> bool:
        """Stop an active subscription; what was still owed is skipped. False where none was active."""
        return await self._pause(chat, reason, absent_too=False)

    async def resume(self, chat: ChatAddress) -> bool:
        """Go on after the chat was blocked or gone; False otherwise: a person who left stays out."""
        async with self._writing.begin() as connection:
            resumed = await connection.execute(
                update(subscriptions)
                .where(
                    subscriptions.c.chat_id.in_(select(chats.c.id).where(at(chat))),
                    subscriptions.c.pause_reason.in_(RETURNS),
                )
                .values(state=SubscriptionState.ACTIVE, pause_reason=None, since=self._now())
            )
        return resumed.rowcount > 0

    async def _pause(self, chat: ChatAddress, reason: PauseReason, *, absent_too: bool) -> bool:
        async with self._writing.begin() as connection:
            chat_id = await find_chat(connection, chat)
            return chat_id is not None and await pause_chat(
                connection, chat_id, reason, self._now(), absent_too=absent_too
            )

    # The outbox

    async def announce(self, slug: str, topics: Iterable[str] = ()) -> int:
        """Owe the article to every active subscriber of its topics or of everything; give how many.

        0, with nothing changed, where any process has announced it before.
        """
        async with self._writing.begin() as connection:
            return await outbox.announce(connection, slug, topics, self._now())

    async def due(self, channel: Channel, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """At most `limit` pending deliveries of the channel whose time has come, the longest due first."""
        async with self._reading.connect() as connection:
            return await outbox.due(connection, channel, now, limit)

    async def claim(self, delivery: Delivery) -> bool:
        """Take the delivery for sending; False where it was taken, changed or skipped since it was read."""
        async with self._writing.begin() as connection:
            return await outbox.claim(connection, delivery, self._now())

    async def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write how the claimed delivery ended; repeating it changes nothing.

        What should be tried again is skipped where the person left in between.
        """
        async with self._writing.begin() as connection:
            await outbox.settle(connection, delivery, outcome, self._now())

    async def recover(self, channel: Channel) -> int:
        """At the start of the channel's one process: owe again what the last one was sending; how many."""
        async with self._writing.begin() as connection:
            return await outbox.recover(connection, channel, self._now())


async def open_subscriptions(url: str, *, now: Clock = utc_now) -> Subscriptions:
    """Open the database at `url`, say `sqlite+aiosqlite:///data/annuncio.db`, made and migrated as needed.

    `await .close()` it, or use it as `async with await open_subscriptions(url) as subscriptions`. Raises
    StateError when it cannot be written or read, or was written by a newer version.
    """
    await migrate(url)
    reading, writing = connect(url)
    return Subscriptions(reading, writing, now)
