"""How long what is kept of people is kept, and all of it at their word: steps inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, and_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.replies import ChatAddress
from bot.state.chats import RETURNS, anywhere_in
from bot.state.counts import asker_in
from bot.state.database import note_deletion
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, SubscriptionState
from bot.state.preferences import topics_of
from bot.state.schema import awaited, chats, corrections, deliveries, own_topics, refusals, shown, subscriptions
from bot.state.vault import Vault

LEFT_DAYS = 30
"""How long somebody who left, or whose chat is gone, is kept for a return, with what they had asked by then."""
KEPT_DAYS = 180
"""How long it is kept what somebody was shown and sent."""
REFUSALS_DAYS = 90
"""How long after its month it is kept near what somebody was refused an answer."""
CORRECTIONS_DAYS = 365
"""How long it is kept how a sentence changed: longer than who saw it, and than any pause that its correction waits."""
BATCH = 500
"""Chats that one statement names."""

_FINAL = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED)

_EMPTY = (
    chats.c.language.is_(None),
    ~exists().where(subscriptions.c.chat_id == chats.c.id),
    ~exists().where(own_topics.c.chat_id == chats.c.id),
    ~exists().where(awaited.c.chat_id == chats.c.id),
    ~exists().where(deliveries.c.chat_id == chats.c.id, deliveries.c.state.not_in(_FINAL)),
)
"""True of a chat of which nothing is left that anyone wanted kept."""

_first = corrections.alias("first")
_TOLD = ~exists().where(
    deliveries.c.article == corrections.c.article,
    deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
    deliveries.c.kind == DeliveryKind.CORRECTION,
    deliveries.c.about == _first.c.id.cast(deliveries.c.about.type),
    _first.c.article == corrections.c.article,
    _first.c.language == corrections.c.language,
    _first.c.id <= corrections.c.id,
)
"""True of a correction unless one waits to be sent that is it, or an earlier one of the article: that tells it, too."""


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Delete what was kept long enough, and end the pauses that are over; how many rows were deleted."""
    await wake(connection, now)
    long_ago = now - timedelta(days=KEPT_DAYS)
    absent = select(subscriptions.c.chat_id).where(
        subscriptions.c.pause_reason.in_(RETURNS), subscriptions.c.since <= now - timedelta(days=LEFT_DAYS)
    )
    deleted = 0
    for statement in (
        delete(awaited).where(awaited.c.expires_at <= now),
        delete(awaited).where(awaited.c.chat_id.in_(absent)),  # nobody is there to be answered
        delete(shown).where(shown.c.shown_at <= long_ago),
        delete(refusals).where(refusals.c.month < f"{now - timedelta(days=REFUSALS_DAYS):%Y-%m}"),
        delete(deliveries).where(deliveries.c.state.in_(_FINAL), deliveries.c.updated_at <= long_ago),
        delete(corrections).where(corrections.c.made_at <= now - timedelta(days=CORRECTIONS_DAYS), _TOLD),
    ):
        deleted += (await connection.execute(statement)).rowcount
    left = await connection.scalars(
        select(subscriptions.c.chat_id).where(
            subscriptions.c.state == SubscriptionState.PAUSED,
            subscriptions.c.pause_reason.in_((*RETURNS, PauseReason.PERSON)),
            subscriptions.c.since <= now - timedelta(days=LEFT_DAYS),
        )
    )
    gone = left.all()
    for first in range(0, len(gone), BATCH):
        deleted += await _delete(connection, gone[first : first + BATCH])
    deleted += (await connection.execute(delete(chats).where(*_EMPTY))).rowcount
    if deleted:
        await note_deletion(connection)
    return deleted


async def _delete(connection: AsyncConnection, gone: Sequence[int]) -> int:
    """Delete these chats; of one that asked something since it left, all but what the answer needs.

    That is the question, where to and in which language, and the answer itself where it is on its way.
    """
    before = exists().where(subscriptions.c.chat_id == awaited.c.chat_id, awaited.c.asked_at <= subscriptions.c.since)
    asked = exists().where(awaited.c.chat_id == chats.c.id)
    answers = select(awaited.c.id.cast(deliveries.c.about.type)).where(awaited.c.chat_id == deliveries.c.chat_id)
    needed = and_(
        deliveries.c.kind == DeliveryKind.ANSWER,
        deliveries.c.state.not_in(_FINAL),
        deliveries.c.about.in_(answers),
    )
    deleted = 0
    for statement in (
        delete(awaited).where(awaited.c.chat_id.in_(gone), before),
        delete(chats).where(chats.c.id.in_(gone), ~asked),
        delete(deliveries).where(deliveries.c.chat_id.in_(gone), ~needed),
        *(delete(table).where(table.c.chat_id.in_(gone)) for table in (subscriptions, own_topics, shown)),
    ):
        deleted += (await connection.execute(statement)).rowcount
    await connection.execute(
        update(chats)
        .where(chats.c.id.in_(gone))
        .values(language=None, last_language=func.coalesce(chats.c.language, chats.c.last_language), zone=None)
    )
    return deleted


async def wake(connection: AsyncConnection, now: datetime) -> None:
    """End the pauses whose day has come."""
    await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.pause_reason == PauseReason.RESTING, subscriptions.c.until <= now)
        .values(state=SubscriptionState.ACTIVE, pause_reason=None, until=None, since=now)
    )


async def erase(connection: AsyncConnection, vault: Vault, chat: ChatAddress) -> bool:
    """Delete every row of this chat and its threads; False where there was none."""
    erased = 0
    for month in await _months(connection):
        mine = and_(refusals.c.month == month, refusals.c.asker == asker_in(vault, month, chat))
        erased += (await connection.execute(delete(refusals).where(mine))).rowcount
    erased += (await connection.execute(delete(chats).where(anywhere_in(chat, vault)))).rowcount
    if erased:
        await note_deletion(connection)
    return erased > 0


async def everything_of(connection: AsyncConnection, vault: Vault, chat: ChatAddress) -> dict[str, Any]:
    """All that is kept of this chat and its threads, ready for JSON: sealed texts opened, moments as texts."""
    rows = await connection.execute(select(chats).where(anywhere_in(chat, vault)).order_by(chats.c.thread))
    refused = {
        month: await connection.scalars(
            select(refusals.c.sentence)
            .where(refusals.c.month == month, refusals.c.asker == asker_in(vault, month, chat))
            .order_by(refusals.c.sentence)
        )
        for month in await _months(connection)
    }
    return {
        "chats": [await _chat(connection, vault, row) for row in rows.mappings().all()],
        "refused": [{"month": month, "nearest": near} for month, nearest in refused.items() for near in nearest],
    }


async def _months(connection: AsyncConnection) -> list[str]:
    """The months of which it is known near what somebody was refused an answer."""
    return list(await connection.scalars(select(refusals.c.month).distinct().order_by(refusals.c.month)))


async def _chat(connection: AsyncConnection, vault: Vault, row: RowMapping) -> dict[str, Any]:
    mine = row["id"]
    subscribed = await _rows(connection, vault, select(subscriptions).where(subscriptions.c.chat_id == mine))
    return {
        **_plain(row, vault),
        "subscription": subscribed[0] | {"topics": list(await topics_of(connection, mine))} if subscribed else None,
        **{
            table.name: await _rows(
                connection, vault, select(table).where(table.c.chat_id == mine).order_by(*table.primary_key.columns)
            )
            for table in (own_topics, awaited, shown, deliveries)
        },
    }


async def _rows(connection: AsyncConnection, vault: Vault, query: Select[Any]) -> list[dict[str, Any]]:
    return [_plain(row, vault) for row in (await connection.execute(query)).mappings()]


_SEALED = ("address", "words", "question")
_OURS = ("id", "chat_id", "key", "owner", "lease_until")
"""Numbers of ours, which say nothing of anybody."""


def _plain(row: RowMapping, vault: Vault) -> dict[str, Any]:
    return {
        name: vault.decrypt(value) if name in _SEALED else value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name not in _OURS
    }
