"""What chats that are due announcements still follow: a step inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.audience import OWN
from bot.state.kinds import EVERYTHING, DeliveryKind, DeliveryState
from bot.state.schema import announcements, deliveries, own_topics, subscription_topics


async def followed(
    connection: AsyncConnection, rows: Sequence[Row[Any]], now: datetime
) -> tuple[Sequence[Row[Any]], Mapping[int, str]]:
    """These deliveries without announcements of topics that their chats follow no more, which are skipped.

    Where another topic of the article is followed still, it comes by that one: the new reasons, by delivery.
    """
    news = [row for row in rows if row.kind is DeliveryKind.ANNOUNCEMENT and row.because]
    if not news:
        return rows, {}
    mine = await _topics_of_chats(connection, {row.chat_id for row in news})
    these = announcements.c.slug.in_({row.article for row in news})
    noted = await connection.execute(select(announcements.c.slug, announcements.c.topics).where(these))
    topics = {slug: lines.split("\n") for slug, lines in noted if lines is not None}
    reasons = {row.id: _reason(row, mine.get(row.chat_id, set()), topics.get(row.article)) for row in news}
    changed = {row.id: new for row in news if (new := reasons[row.id]) is not None and new != row.because}
    for because in set(changed.values()):  # for a later edit of the message, too
        by_it = deliveries.c.id.in_([number for number, new in changed.items() if new == because])
        await connection.execute(update(deliveries).where(by_it).values(because=because))
    gone = {number for number, because in reasons.items() if because is None}
    if gone:
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(gone))
            .values(
                state=DeliveryState.SKIPPED, reason="followed no more", owner=None, lease_until=None, updated_at=now
            )
        )
    return [row for row in rows if row.id not in gone], changed


def _reason(row: Row[Any], mine: set[str], topics: Sequence[str] | None) -> str | None:
    """By which topic an article of these topics, None where they are not known, still comes; None where by none."""
    because: str = row.because
    if because in mine or (topics is None and because == EVERYTHING):
        return because
    for other in (row.also or "").split():
        if other in mine:
            return str(other)
    labels = mine.intersection(topics or ())
    return min(labels) if labels else EVERYTHING if EVERYTHING in mine else None


async def _topics_of_chats(connection: AsyncConnection, chat_ids: set[int]) -> dict[int, set[str]]:
    """What each of these chats follows, its own topics by their numbers."""
    found: dict[int, set[str]] = {}
    by_label = select(subscription_topics.c.chat_id, subscription_topics.c.topic)
    for chat_id, topic in await connection.execute(by_label.where(subscription_topics.c.chat_id.in_(chat_ids))):
        found.setdefault(chat_id, set()).add(topic)
    in_own_words = select(own_topics.c.chat_id, own_topics.c.id)
    for chat_id, number in await connection.execute(in_own_words.where(own_topics.c.chat_id.in_(chat_ids))):
        found.setdefault(chat_id, set()).add(f"{OWN}{number}")
    return found
