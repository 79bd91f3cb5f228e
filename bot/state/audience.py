"""Who wants to hear of an article, by which of their topics, and when: steps inside the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.kinds import EVERYTHING, DeliveryKind, DeliveryState, Rhythm, SubscriptionState
from bot.state.preferences import due_by
from bot.state.schema import announcements, chats, deliveries, own_topics, subscription_topics, subscriptions

OWN = "own:"
"""Before the number of an own topic, where a delivery says because of which topic it is owed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An article by who wants to hear of it: its topics, and the numbers of the own topics that it belongs to."""

    slug: str
    topics: Collection[str]
    own: Collection[int]
    story: str | None
    """The slug of the same story told before."""
    withdrawn: str | None = None
    """The slug of an article that told it, too, and is announced no more."""


def hearers(subject: Subject) -> Select[Any]:
    """Those who want to hear of it, with their wishes and what says by which topic."""
    here = subscriptions.c.chat_id
    label = select(func.min(subscription_topics.c.topic)).where(
        subscription_topics.c.chat_id == here, subscription_topics.c.topic.in_(subject.topics)
    )
    in_own_words = select(func.aggregate_strings(own_topics.c.id.cast(String), " ")).where(
        own_topics.c.chat_id == here, own_topics.c.id.in_(subject.own)
    )
    topics = (EVERYTHING, *subject.topics)
    return (
        select(
            subscriptions,
            chats.c.zone,
            label.scalar_subquery().label("topic"),
            in_own_words.scalar_subquery().label("own"),
        )
        .join(chats)
        .where(
            subscriptions.c.state == SubscriptionState.ACTIVE,
            or_(
                exists().where(subscription_topics.c.chat_id == here, subscription_topics.c.topic.in_(topics)),
                exists().where(own_topics.c.chat_id == here, own_topics.c.id.in_(subject.own)),
            ),
            ~_owed(here, deliveries.c.article == subject.slug),
            *(~_told(here, slug) for slug in (subject.story, subject.withdrawn) if slug is not None),
        )
    )


def _owed(chat_id: ColumnElement[int], article: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether this chat was owed an announcement of such an article, however that ended."""
    return exists().where(deliveries.c.chat_id == chat_id, deliveries.c.kind == DeliveryKind.ANNOUNCEMENT, article)


def _told(chat_id: ColumnElement[int], story: str) -> ColumnElement[bool]:
    """Whether this chat was, or will be, told the story, by its first article or a later one."""
    later = select(announcements.c.slug).where(announcements.c.story == story)
    return _owed(
        chat_id,
        and_(
            or_(deliveries.c.article == story, deliveries.c.article.in_(later)),
            deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT)),
        ),
    )


def because_of(row: Row[Any]) -> tuple[str, str | None]:
    """The most telling of the topics of one of the `hearers`: in their own words, then by a label, then everything.

    And their further topics in their own words, between spaces; None where there are none.
    """
    own = [f"{OWN}{number}" for number in sorted(map(int, (row.own or "").split()))]
    return own[0] if own else row.topic or EVERYTHING, " ".join(own[1:]) or None


async def counted(connection: AsyncConnection, subject: Subject) -> dict[Rhythm, int]:
    """How many would hear of it, by the rhythm in which they would."""
    everyone = hearers(subject).subquery()
    rows = await connection.execute(select(everyone.c.rhythm, func.count()).group_by(everyone.c.rhythm))
    return {row[0]: row[1] for row in rows}


async def first_due(
    connection: AsyncConnection, subject: Subject, now: datetime, held_until: datetime | None
) -> dict[Rhythm, datetime]:
    """When the first of them would hear of it, by the rhythm in which they would."""
    everyone = hearers(subject).subquery()
    wishes: Select[Any] = select(
        everyone.c.rhythm, everyone.c.quiet_from, everyone.c.quiet_until, everyone.c.zone
    ).distinct()
    first: dict[Rhythm, datetime] = {}
    for row in (await connection.execute(wishes)).all():
        due = due_by(row, DeliveryKind.ANNOUNCEMENT, now, held_until)
        first[row.rhythm] = min(due, first.get(row.rhythm, due))
    return first
