"""A chat that moves to a new address, as steps inside the caller's transaction; two that meet become one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.replies import ChatAddress
from bot.state.chats import OWED, RETURNS, anywhere_in, find_chat, skip_pending
from bot.state.counts import asker_in
from bot.state.database import insert_new, note_deletion
from bot.state.kinds import DeliveryState, SubscriptionState
from bot.state.preferences import topics_of
from bot.state.schema import (
    awaited,
    chats,
    deliveries,
    own_topics,
    refusals,
    shown,
    subscription_topics,
    subscriptions,
)
from bot.state.vault import Vault

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


async def move(connection: AsyncConnection, vault: Vault, old: ChatAddress, address: str, now: datetime) -> None:
    """Move every thread of the chat `old` to `address`; where a chat is there already, the two become one.

    The chat that is there keeps its own choices, and takes from the old one what it has not chosen itself.
    """
    if address == old.address:
        return
    await _move_refusals(connection, vault, old, ChatAddress(old.channel, address))
    rows = await connection.execute(select(chats.c.id, chats.c.thread).where(anywhere_in(old, vault)))
    for old_id, thread in rows.all():
        # Messages keep no number over a move: none of those sent so far can be edited any more.
        await connection.execute(update(deliveries).where(deliveries.c.chat_id == old_id).values(message_id=None))
        new_id = await find_chat(connection, vault, ChatAddress(old.channel, address, thread))
        if new_id is None:
            await connection.execute(
                update(chats)
                .where(chats.c.id == old_id)
                .values(key=vault.lookup(address), address=vault.encrypt(address), updated_at=now)
            )
        else:
            await _merge(connection, old_id, new_id, now)


async def _move_refusals(connection: AsyncConnection, vault: Vault, old: ChatAddress, new: ChatAddress) -> None:
    """What the chat asked stays its own, for its figures and for whoever has all of it deleted."""
    months = await connection.scalars(select(refusals.c.month).distinct())
    for month in months.all():
        mine = and_(refusals.c.month == month, refusals.c.asker == asker_in(vault, month, old))
        sentences = await connection.scalars(select(refusals.c.sentence).where(mine))
        rows = [{"month": month, "sentence": sentence, "asker": asker_in(vault, month, new)} for sentence in sentences]
        if rows:
            await connection.execute(insert_new(connection, refusals), rows)
            await connection.execute(delete(refusals).where(mine))


async def _merge(connection: AsyncConnection, old_id: int, new_id: int, now: datetime) -> None:
    """Bring what the old chat has into the new one, and delete the old."""
    await _merge_choices(connection, old_id, new_id, now)
    await _merge_subscriptions(connection, old_id, new_id, now)
    await _merge_deliveries(connection, old_id, new_id)
    await _merge_shown(connection, old_id, new_id)
    for table in (own_topics, awaited):
        await connection.execute(update(table).where(table.c.chat_id == old_id).values(chat_id=new_id))
    await skip_pending(connection, and_(deliveries.c.chat_id == new_id, ~OWED), "the chat is not subscribed", now)
    await connection.execute(delete(chats).where(chats.c.id == old_id))
    await note_deletion(connection)


async def _merge_choices(connection: AsyncConnection, old_id: int, new_id: int, now: datetime) -> None:
    old = (await connection.execute(select(chats).where(chats.c.id == old_id))).mappings().one()
    await connection.execute(
        update(chats)
        .where(chats.c.id == new_id)
        .values(
            language=func.coalesce(chats.c.language, old["language"]),
            last_language=func.coalesce(chats.c.last_language, old["last_language"]),
            zone=func.coalesce(chats.c.zone, old["zone"]),
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
        for topic in await topics_of(connection, old_id):
            await connection.execute(insert(subscription_topics).values(chat_id=new_id, topic=topic))
    elif old["state"] is SubscriptionState.ACTIVE and new["pause_reason"] in RETURNS:
        await connection.execute(
            update(subscriptions)
            .where(subscriptions.c.chat_id == new_id)
            .values(state=SubscriptionState.ACTIVE, pause_reason=None, until=None, since=now)
        )


async def _subscription(connection: AsyncConnection, chat_id: int) -> Mapping[str, Any] | None:
    found = await connection.execute(select(subscriptions).where(subscriptions.c.chat_id == chat_id))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def _merge_deliveries(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """Each thing is delivered to the one chat once: of two deliveries of it, one goes."""
    rows = await connection.execute(
        select(
            deliveries.c.id,
            deliveries.c.chat_id,
            deliveries.c.article,
            deliveries.c.kind,
            deliveries.c.about,
            deliveries.c.state,
        ).where(deliveries.c.chat_id.in_((old_id, new_id)))
    )
    standing: dict[tuple[str, str, str], tuple[int, int]] = {}  # (article, kind, about) -> rank, id
    losers: list[int] = []
    for row in sorted(rows.all(), key=lambda row: bool(row.chat_id == old_id)):  # a tie stays with the new chat
        rank, thing = _STANDING[row.state], (row.article, row.kind, row.about)
        if thing not in standing:
            standing[thing] = (rank, row.id)
        elif rank > standing[thing][0]:
            losers.append(standing[thing][1])
            standing[thing] = (rank, row.id)
        else:
            losers.append(row.id)
    await connection.execute(delete(deliveries).where(deliveries.c.id.in_(losers)))
    await connection.execute(update(deliveries).where(deliveries.c.chat_id == old_id).values(chat_id=new_id))


async def _merge_shown(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """What the new chat was shown of a sentence stands."""
    there = select(shown.c.sentence).where(shown.c.chat_id == new_id)
    await connection.execute(delete(shown).where(shown.c.chat_id == old_id, shown.c.sentence.in_(there)))
    await connection.execute(update(shown).where(shown.c.chat_id == old_id).values(chat_id=new_id))
