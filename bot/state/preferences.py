"""What a subscriber wishes: what about, how often and when; and the moment at which something is due by that.

Steps inside the caller's transaction.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm, SubscriptionState
from bot.state.schedule import Quiet, next_due
from bot.state.schema import chats, deliveries, own_topics, subscription_topics, subscriptions
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


async def preferences_of(connection: AsyncConnection, vault: Vault, chat_id: int) -> Preferences | None:
    """The wishes of the chat's subscription, paused or not; None where it has none."""
    row = await _subscription(connection, chat_id)
    if row is None:
        return None
    return Preferences(
        topics=await topics_of(connection, chat_id),
        own=await own_topics_of(connection, vault, chat_id),
        rhythm=row.rhythm,
        quiet=quiet_of(row),
        zone=row.zone,
        state=row.state,
        pause_reason=row.pause_reason,
        until=row.until,
    )


async def topics_of(connection: AsyncConnection, chat_id: int) -> tuple[str, ...]:
    """The topics that the chat's subscription follows, in the order of the alphabet."""
    mine = subscription_topics.c.chat_id == chat_id
    return tuple(sorted(await connection.scalars(select(subscription_topics.c.topic).where(mine))))


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
    rhythm = row.rhythm if row is not None and kind is DeliveryKind.ANNOUNCEMENT else Rhythm.AT_ONCE
    return _due(row, rhythm, now, held_until)


def _due(row: Row[Any] | None, rhythm: Rhythm, now: datetime, held_until: datetime | None) -> datetime:
    moment = now if held_until is None else max(now, held_until)
    if row is not None:
        with suppress(ValueError):  # a zone that this machine knows no more
            return next_due(moment, rhythm, quiet_of(row), row.zone)
    return moment


async def put_in_rhythm(connection: AsyncConnection, chat_id: int, now: datetime, *, anew: bool = False) -> None:
    """Give all that the chat is still owed the time that its wishes of today ask for.

    As if they had been its wishes all along: what would have come by now comes now, so that no digest is put off to
    the next one because its hour has passed on the new clock. With `anew` they count from now on.
    """
    wishes = await _subscription(connection, chat_id)
    pending = await connection.execute(
        select(deliveries).where(deliveries.c.chat_id == chat_id, deliveries.c.state == DeliveryState.PENDING)
    )
    changes = [
        {
            "row": row.id,
            "due": due_by(wishes, row.kind, now, row.held_until) if anew else _due_all_along(wishes, row, now),
        }
        for row in pending
    ]
    if changes:
        change = update(deliveries).where(deliveries.c.id == bindparam("row")).values(due_at=bindparam("due"))
        await connection.execute(change, changes)


def _due_all_along(wishes: Row[Any] | None, row: Row[Any], now: datetime) -> datetime:
    """When a pending delivery is due by wishes that were the same when it was first owed."""
    if row.attempts == 0:  # nothing was changed of it since
        due = due_by(wishes, row.kind, min(row.updated_at, now), row.held_until)
        if due > now:
            return due
    return _due(wishes, Rhythm.AT_ONCE, now, row.held_until)


async def _subscription(connection: AsyncConnection, chat_id: int) -> Row[Any] | None:
    found = await connection.execute(
        select(subscriptions, chats.c.zone).join(chats).where(subscriptions.c.chat_id == chat_id)
    )
    return found.one_or_none()
