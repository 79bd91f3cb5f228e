"""The rows of a chat, as steps inside the caller's transaction: find, make, and move them to a new address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.replies import ChatAddress
from bot.schema import (
    DeliveryState,
    PauseReason,
    SubscriptionState,
    chats,
    deliveries,
    subscription_topics,
    subscriptions,
)

RETURNS = (PauseReason.BLOCKED, PauseReason.GONE)
"""The pauses that end when the chat is there again."""

SUBSCRIBED = exists().where(
    subscriptions.c.chat_id == deliveries.c.chat_id, subscriptions.c.state == SubscriptionState.ACTIVE
)
"""True of a delivery whose chat has an active subscription."""

# Which of two deliveries of the same thing stands when two chats become one: the one nearer to having arrived.
_STANDING = {
    state: rank
    for rank, state in enumerate(
        (
            DeliveryState.SKIPPED,
            DeliveryState.FAILED,
            DeliveryState.PENDING,
            DeliveryState.SENDING,
            DeliveryState.SENT,
        )
    )
}


def at(chat: ChatAddress) -> ColumnElement[bool]:
    """True of the row of this chat."""
    return and_(chats.c.channel == chat.channel, chats.c.address == chat.address, chats.c.thread == chat.thread)


async def find_chat(connection: AsyncConnection, chat: ChatAddress) -> int | None:
    """The id of the chat's row, or None."""
    found: int | None = await connection.scalar(select(chats.c.id).where(at(chat)))
    return found


async def ensure_chat(connection: AsyncConnection, chat: ChatAddress, now: datetime) -> int:
    """The id of the chat's row, which is made if there is none."""
    chat_id = await find_chat(connection, chat)
    if chat_id is None:
        new = insert(chats).values(
            channel=chat.channel, address=chat.address, thread=chat.thread, created_at=now, updated_at=now
        )
        await insert_once(connection, new)
        chat_id = (await connection.execute(select(chats.c.id).where(at(chat)))).scalar_one()
    return chat_id


async def insert_once(connection: AsyncConnection, statement: Insert) -> bool:
    """Insert; False, with nothing changed, where another row has the same key."""
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError:
        return False
    return True


async def pause_chat(
    connection: AsyncConnection, chat_id: int, reason: PauseReason, now: datetime, *, absent_too: bool = False
) -> bool:
    """Stop the chat's active subscription and skip what was still owed; False where none was active.

    With `absent_too` a subscription that was paused because the chat was not there is stopped for this reason.
    """
    stoppable = subscriptions.c.state == SubscriptionState.ACTIVE
    if absent_too:
        stoppable = or_(stoppable, subscriptions.c.pause_reason.in_(RETURNS))
    paused = await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.chat_id == chat_id, stoppable)
        .values(state=SubscriptionState.PAUSED, pause_reason=reason, since=now)
    )
    if paused.rowcount == 0:
        return False
    await skip_pending(connection, deliveries.c.chat_id == chat_id, f"paused: {reason}", now)
    return True


async def skip_pending(connection: AsyncConnection, where: ColumnElement[bool], reason: str, now: datetime) -> None:
    """Nothing more is sent of the pending deliveries that `where` names."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.PENDING, where)
        .values(state=DeliveryState.SKIPPED, reason=reason, updated_at=now)
    )


async def move(connection: AsyncConnection, old: ChatAddress, address: str, now: datetime) -> None:
    """Move every thread of the chat `old` to `address`; where a chat is there already, the two become one.

    The chat that is there keeps its own choices, and takes from the old one what it has not chosen itself.
    """
    if address == old.address:
        return
    rows = await connection.execute(
        select(chats.c.id, chats.c.thread).where(chats.c.channel == old.channel, chats.c.address == old.address)
    )
    for old_id, thread in rows.all():
        new_id = await find_chat(connection, ChatAddress(old.channel, address, thread))
        if new_id is None:
            await connection.execute(update(chats).where(chats.c.id == old_id).values(address=address, updated_at=now))
        else:
            await _merge(connection, old_id, new_id, now)


async def _merge(connection: AsyncConnection, old_id: int, new_id: int, now: datetime) -> None:
    """Bring what the old chat has into the new one, and delete the old."""
    await _merge_languages(connection, old_id, new_id, now)
    await _merge_subscriptions(connection, old_id, new_id, now)
    await _merge_deliveries(connection, old_id, new_id)
    await skip_pending(connection, and_(deliveries.c.chat_id == new_id, ~SUBSCRIBED), "the chat is not subscribed", now)
    await connection.execute(delete(chats).where(chats.c.id == old_id))


async def _merge_languages(connection: AsyncConnection, old_id: int, new_id: int, now: datetime) -> None:
    old = (await connection.execute(select(chats).where(chats.c.id == old_id))).mappings().one()
    await connection.execute(
        update(chats)
        .where(chats.c.id == new_id)
        .values(
            language=func.coalesce(chats.c.language, old["language"]),
            last_language=func.coalesce(chats.c.last_language, old["last_language"]),
            updated_at=now,
        )
    )


async def _merge_subscriptions(connection: AsyncConnection, old_id: int, new_id: int, now: datetime) -> None:
    old = await _subscription(connection, old_id)
    if old is None:
        return
    new = await _subscription(connection, new_id)
    if new is None:
        await connection.execute(insert(subscriptions).values({**old, "chat_id": new_id}))
        topics = await connection.scalars(
            select(subscription_topics.c.topic).where(subscription_topics.c.chat_id == old_id)
        )
        for topic in topics.all():
            await connection.execute(insert(subscription_topics).values(chat_id=new_id, topic=topic))
    elif old["state"] is SubscriptionState.ACTIVE and new["pause_reason"] in RETURNS:
        await connection.execute(
            update(subscriptions)
            .where(subscriptions.c.chat_id == new_id)
            .values(state=SubscriptionState.ACTIVE, pause_reason=None, since=now)
        )


async def _subscription(connection: AsyncConnection, chat_id: int) -> Mapping[str, Any] | None:
    found = await connection.execute(select(subscriptions).where(subscriptions.c.chat_id == chat_id))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def _merge_deliveries(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """Each thing is delivered to the one chat once: of two deliveries of it, one goes."""
    rows = await connection.execute(
        select(
            deliveries.c.id, deliveries.c.chat_id, deliveries.c.article, deliveries.c.kind, deliveries.c.state
        ).where(deliveries.c.chat_id.in_((old_id, new_id)))
    )
    standing: dict[tuple[str, str], tuple[int, int]] = {}  # (article, kind) -> rank, id
    losers: list[int] = []
    for row in sorted(rows.all(), key=lambda row: bool(row.chat_id == old_id)):  # a tie stays with the new chat
        rank, thing = _STANDING[row.state], (row.article, row.kind)
        if thing not in standing:
            standing[thing] = (rank, row.id)
        elif rank > standing[thing][0]:
            losers.append(standing[thing][1])
            standing[thing] = (rank, row.id)
        else:
            losers.append(row.id)
    await connection.execute(delete(deliveries).where(deliveries.c.id.in_(losers)))
    await connection.execute(update(deliveries).where(deliveries.c.chat_id == old_id).values(chat_id=new_id))
