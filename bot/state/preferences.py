"""What a subscriber wishes: what about, how often and when; and the moment at which something is due by that.

Steps inside the caller's transaction.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.schedule import Quiet, next_due
from bot.state.schema import (
    DeliveryKind,
    DeliveryState,
    PauseReason,
    Rhythm,
    SubscriptionState,
    chats,
    deliveries,
    own_topics,
    subscription_topics,
    subscriptions,
)
from bot.state.vault import Vault


@dataclass(frozen=True, slots=True)
class OwnTopic:
    """A topic in the person's own words."""

    id: int
    words: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber wishes. `topics` and `own` are in the order of the alphabet and of their making."""

    topics: tuple[str, ...]
    own: tuple[OwnTopic, ...]
    rhythm: Rhythm
    quiet: Quiet | None
    zone: str | None
    state: SubscriptionState
    pause_reason: PauseReason | None = None
    until: datetime | None = None
    """When the pause ends by itself."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A question that could not be answered yet; whoever asked it wants to hear when it can."""

    id: int
    chat_id: int
    question: str = field(repr=False)
    language: str
    asked_at: datetime


async def preferences_of(connection: AsyncConnection, vault: Vault, chat_id: int) -> Preferences | None:
    """The wishes of the chat's subscription, paused or not; None where it has none."""
    row = await _subscription(connection, chat_id)
    if row is None:
        return None
    topics = await connection.scalars(
        select(subscription_topics.c.topic).where(subscription_topics.c.chat_id == chat_id)
    )
    return Preferences(
        topics=tuple(sorted(topics)),
        own=await own_topics_of(connection, vault, chat_id),
        rhythm=row.rhythm,
        quiet=quiet_of(row),
        zone=row.zone,
        state=row.state,
        pause_reason=row.pause_reason,
        until=row.until,
    )


async def own_topics_of(connection: AsyncConnection, vault: Vault, chat_id: int) -> tuple[OwnTopic, ...]:
    """The chat's topics in its own words, in the order of their making."""
    rows = await connection.execute(select(own_topics).where(own_topics.c.chat_id == chat_id).order_by(own_topics.c.id))
    return tuple(OwnTopic(row.id, vault.decrypt(row.words), row.language) for row in rows)


def quiet_of(row: Row[Any]) -> Quiet | None:
    """The quiet hours of a subscription's row; None where it has none."""
    if row.quiet_from is None or row.quiet_until is None:
        return None
    return Quiet(row.quiet_from, row.quiet_until)


def due_by(row: Row[Any] | None, kind: DeliveryKind, now: datetime, held_until: datetime | None = None) -> datetime:
    """When something of this kind is due by the wishes of a row: of `subscriptions` and its zone, None for none.

    Announcements keep the rhythm. The rest is rare, and asked for or owed: it comes at once, outside quiet hours.
    """
    moment = now if held_until is None else max(now, held_until)
    if row is None:
        return moment
    rhythm = row.rhythm if kind is DeliveryKind.ANNOUNCEMENT else Rhythm.AT_ONCE
    with suppress(ValueError):  # a zone that this machine knows no more
        return next_due(moment, rhythm, quiet_of(row), row.zone)
    return moment


async def put_in_rhythm(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """Give all that the chat is still owed the time that its wishes of today ask for."""
    wishes = await _subscription(connection, chat_id)
    pending = await connection.execute(
        select(deliveries.c.id, deliveries.c.kind, deliveries.c.held_until).where(
            deliveries.c.chat_id == chat_id, deliveries.c.state == DeliveryState.PENDING
        )
    )
    changes = [{"row": row.id, "due": due_by(wishes, row.kind, now, row.held_until)} for row in pending]
    if changes:
        change = update(deliveries).where(deliveries.c.id == bindparam("row")).values(due_at=bindparam("due"))
        await connection.execute(change, changes)


async def _subscription(connection: AsyncConnection, chat_id: int) -> Row[Any] | None:
    found = await connection.execute(
        select(subscriptions, chats.c.zone).join(chats).where(subscriptions.c.chat_id == chat_id)
    )
    return found.one_or_none()
