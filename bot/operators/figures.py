"""The figures in the database, counted where they lie: no row of anybody leaves it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.database import Engines
from bot.state.kinds import DeliveryState, PauseReason, Rhythm, SubscriptionState
from bot.state.schema import deliveries, own_topics, subscription_topics, subscriptions

_NUMBERS = re.compile(r"-?\d{5,}")
"""What may be somebody's number, in the words of a channel."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who subscribes: chats, counted."""

    active: int
    paused: Mapping[PauseReason, int]
    rhythms: Mapping[Rhythm, int]
    """Of the active ones, here and below."""
    topics: Mapping[str, int]
    own_topics: int


@dataclass(frozen=True, slots=True)
class Messages:
    """What became of deliveries, counted."""

    states: Mapping[DeliveryState, int]
    failures: Mapping[str, int]
    """By reason, the most frequent first."""


async def audience_in(engines: Engines) -> Audience:
    """Who subscribes now."""
    active = subscriptions.c.state == SubscriptionState.ACTIVE
    async with engines.read() as connection:
        paused = select(subscriptions.c.pause_reason, func.count()).where(~active)
        rhythms = select(subscriptions.c.rhythm, func.count()).where(active)
        topics = select(subscription_topics.c.topic, func.count()).join(subscriptions).where(active)
        own = (
            select(func.count())
            .select_from(own_topics)
            .join(subscriptions, subscriptions.c.chat_id == own_topics.c.chat_id)
        )
        by_rhythm = await _counted(connection, rhythms.group_by(subscriptions.c.rhythm))
        return Audience(
            active=sum(by_rhythm.values()),
            paused=await _counted(connection, paused.group_by(subscriptions.c.pause_reason)),
            rhythms=by_rhythm,
            topics=await _counted(connection, topics.group_by(subscription_topics.c.topic)),
            own_topics=await connection.scalar(own.where(active)) or 0,
        )


async def messages_in(engines: Engines, since: datetime) -> Messages:
    """What became of deliveries since then, and all that still wait."""
    waiting = deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))
    recent = deliveries.c.updated_at >= since
    async with engines.read() as connection:
        states = select(deliveries.c.state, func.count()).where(waiting | recent).group_by(deliveries.c.state)
        failed = recent & (deliveries.c.state == DeliveryState.FAILED)
        reasons = select(deliveries.c.reason, func.count()).where(failed).group_by(deliveries.c.reason)
        said: Counter[str] = Counter()
        for reason, count in (await _counted(connection, reasons)).items():
            said[_NUMBERS.sub("…", reason or "?")] += count
        return Messages(await _counted(connection, states), dict(said.most_common()))


async def _counted(connection: AsyncConnection, query: Select[Any]) -> dict[Any, int]:
    """A query for a value and how often it is there, the most frequent first."""
    rows = await connection.execute(query)
    return dict(sorted(((value, count) for value, count in rows.all()), key=lambda row: (-row[1], str(row[0]))))
