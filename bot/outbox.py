"""The outbox: what is owed to whom, as steps inside the caller's transaction.

A delivery exists as a row before anything is sent, and goes pending -> sending -> sent, failed or skipped; a
try that should be repeated goes back to pending.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chats import SUBSCRIBED, insert_once, move, pause_chat, skip_pending
from bot.replies import Channel, ChatAddress
from bot.schema import (
    EVERYTHING,
    REASON_LENGTH,
    DeliveryKind,
    DeliveryState,
    PauseReason,
    SubscriptionState,
    announcements,
    chats,
    deliveries,
    subscription_topics,
    subscriptions,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that is owed; `attempts` is how often sending it was begun before."""

    id: int
    chat: ChatAddress
    article: str
    kind: DeliveryKind
    language: str | None
    """The language that the person chose, else the one last used; None where neither is known."""
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the delivery's next state with its reason, and what it says about the chat.

    `due_at` goes with `pending`: when to try again. `pause` stops the chat's subscription, `moved_to` is the
    chat's new address.
    """

    state: DeliveryState
    reason: str | None = None
    due_at: datetime | None = None
    pause: PauseReason | None = None
    moved_to: str | None = None


async def announce(connection: AsyncConnection, slug: str, topics: Iterable[str], now: datetime) -> int:
    """Owe the article to every active subscriber of its topics; how many, 0 where it was announced before."""
    if not await insert_once(connection, insert(announcements).values(slug=slug, announced_at=now)):
        return 0
    wanted = exists().where(
        subscription_topics.c.chat_id == subscriptions.c.chat_id,
        subscription_topics.c.topic.in_((EVERYTHING, *topics)),
    )
    values = {
        deliveries.c.article: slug,
        deliveries.c.kind: DeliveryKind.ANNOUNCEMENT,
        deliveries.c.state: DeliveryState.PENDING,
        deliveries.c.attempts: 0,
        deliveries.c.due_at: now,
        deliveries.c.updated_at: now,
    }
    subscribers = select(
        subscriptions.c.chat_id, *(literal(value, column.type) for column, value in values.items())
    ).where(subscriptions.c.state == SubscriptionState.ACTIVE, wanted)
    await connection.execute(insert(deliveries).from_select([deliveries.c.chat_id, *values], subscribers))
    # Counted, for not every driver says how many rows such an INSERT made.
    made = select(func.count()).where(deliveries.c.article == slug, deliveries.c.kind == DeliveryKind.ANNOUNCEMENT)
    return (await connection.execute(made)).scalar_one()


async def due(connection: AsyncConnection, channel: Channel, now: datetime, limit: int) -> tuple[Delivery, ...]:
    """At most `limit` pending deliveries of the channel whose time has come, the longest due first."""
    language = func.coalesce(chats.c.language, chats.c.last_language).label("said_in")
    rows = await connection.execute(
        select(deliveries, chats.c.address, chats.c.thread, language)
        .join(chats)
        .where(
            chats.c.channel == channel,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.due_at <= now,
            SUBSCRIBED,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
    )
    return tuple(
        Delivery(
            id=row.id,
            chat=ChatAddress(channel, row.address, row.thread),
            article=row.article,
            kind=row.kind,
            language=row.said_in,
            attempts=row.attempts,
        )
        for row in rows
    )


async def claim(connection: AsyncConnection, delivery: Delivery, now: datetime) -> bool:
    """Take the delivery for sending; False where it was taken, changed or skipped since it was read."""
    claimed = await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery.id,
            deliveries.c.state == DeliveryState.PENDING,
            # Tried by another since it was read: then it has a new time to wait for.
            deliveries.c.attempts == delivery.attempts,
            SUBSCRIBED,
        )
        .values(state=DeliveryState.SENDING, attempts=deliveries.c.attempts + 1, updated_at=now)
    )
    return claimed.rowcount == 1


async def settle(connection: AsyncConnection, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write how the claimed delivery ended, and what it says about its chat; a second time changes nothing."""
    mine = deliveries.c.id == delivery.id
    values: dict[str, Any] = {
        "state": outcome.state,
        "reason": None if outcome.reason is None else outcome.reason[:REASON_LENGTH],
        "updated_at": now,
    }
    if outcome.due_at is not None:
        values["due_at"] = outcome.due_at
    settled = await connection.execute(
        update(deliveries).where(mine, deliveries.c.state == DeliveryState.SENDING).values(values)
    )
    if settled.rowcount == 0:
        return
    if outcome.pause is not None:
        chat_id = (await connection.execute(select(deliveries.c.chat_id).where(mine))).scalar_one()
        await pause_chat(connection, chat_id, outcome.pause, now)
    if outcome.moved_to is not None:
        await move(connection, delivery.chat, outcome.moved_to, now)
    if outcome.state is DeliveryState.PENDING:
        await skip_pending(connection, mine & ~SUBSCRIBED, "left while it was being sent", now)


async def recover(connection: AsyncConnection, channel: Channel, now: datetime) -> int:
    """Owe again what a process that ended was sending on this channel; how many."""
    here = deliveries.c.chat_id.in_(select(chats.c.id).where(chats.c.channel == channel))
    recovered = await connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.SENDING, here)
        .values(state=DeliveryState.PENDING, updated_at=now)
    )
    await skip_pending(connection, here & ~SUBSCRIBED, "left while it was being sent", now)
    return recovered.rowcount
