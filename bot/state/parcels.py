"""What is due goes out in parcels, one a chat: finding and taking them, as steps inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StateError
from bot.replies import Channel, ChatAddress
from bot.state.audience import OWN
from bot.state.chats import WANTED
from bot.state.deliveries import Delivery, Parcel
from bot.state.followed import followed
from bot.state.kinds import DeliveryKind, DeliveryState
from bot.state.preferences import quiet_of
from bot.state.schedule import out_of_quiet
from bot.state.schema import awaited, chats, deliveries, own_topics, subscriptions
from bot.state.vault import Vault

INTERRUPTED = timedelta(days=1)
"""After so long without a try the time of a delivery begins anew: nobody tried, so nothing was in vain."""

_IS_EDIT = deliveries.c.kind == DeliveryKind.SECOND_SOURCE
_news = deliveries.alias("news")
_ITS_NEWS = and_(
    _news.c.chat_id == deliveries.c.chat_id,
    _news.c.article == deliveries.c.article,
    _news.c.kind == DeliveryKind.ANNOUNCEMENT,
)
_TOO_SOON = and_(
    _IS_EDIT,
    exists().where(_ITS_NEWS, _news.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))).correlate(deliveries),
)
"""True of the edit of a message that is still on its way."""
_TO_EDIT = func.coalesce(
    deliveries.c.message_id, select(_news.c.message_id).where(_ITS_NEWS).correlate(deliveries).scalar_subquery()
)
"""The number of the message that an edit is of: where it was owed before that had arrived, it is known by now."""


async def candidates(connection: AsyncConnection, channel: Channel, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """The chats, at most `limit`, to which something has been due the longest; each once, with its wishes.

    On PostgreSQL they stay locked until the transaction ends, and those that another process has locked are passed
    over; SQLite lets only one process write at all.
    """
    found = await connection.execute(
        select(chats, subscriptions.c.quiet_from, subscriptions.c.quiet_until)
        .select_from(deliveries)
        .join(chats, chats.c.id == deliveries.c.chat_id)
        .outerjoin(subscriptions, subscriptions.c.chat_id == deliveries.c.chat_id)
        .where(
            chats.c.channel == channel,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.due_at <= now,
            WANTED,
            ~_TOO_SOON,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(of=chats, key_share=True, skip_locked=True)
    )
    return list({row.id: row for row in found.all()}.values())


async def put_off(connection: AsyncConnection, rows: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """Give those of the chats that may be written to now; what is due to the others waits out their quiet hours.

    So does, at once, what is due to everyone else with the same hours.
    """
    ends: dict[tuple[Any, ...], datetime | None] = {}
    for row in rows:
        hours = row.quiet_from, row.quiet_until, row.zone
        if hours not in ends:
            ends[hours] = _end_of_quiet(row, now)
            if ends[hours] is not None:
                same = select(subscriptions.c.chat_id).join(chats)
                same = same.where(
                    subscriptions.c.quiet_from == row.quiet_from,
                    subscriptions.c.quiet_until == row.quiet_until,
                    chats.c.zone.is_not_distinct_from(row.zone),
                )
                await connection.execute(
                    update(deliveries)
                    .where(
                        deliveries.c.state == DeliveryState.PENDING,
                        deliveries.c.due_at <= now,
                        deliveries.c.chat_id.in_(same),
                    )
                    .values(due_at=ends[hours])
                )
    return [row for row in rows if ends[row.quiet_from, row.quiet_until, row.zone] is None]


def _end_of_quiet(row: Row[Any], now: datetime) -> datetime | None:
    with suppress(ValueError):  # a zone that this machine knows no more
        return out_of_quiet(now, quiet_of(row), row.zone)
    return None


async def parcels(
    connection: AsyncConnection,
    vault: Vault,
    rows: Sequence[Row[Any]],
    now: datetime,
    owner: str,
    lease_until: datetime,
) -> tuple[Parcel, ...]:
    """Mark as being sent by `owner` all that these chats are due, and give it."""
    moment = literal(now, deliveries.c.begun_at.type)
    taken = await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.chat_id.in_([row.id for row in rows]),
            deliveries.c.state == DeliveryState.PENDING,
            # In this form no index of the times is used: SQLite would go through all that is due to anyone.
            func.coalesce(deliveries.c.due_at, deliveries.c.due_at) <= now,
            WANTED,
            ~_TOO_SOON,
        )
        .values(
            state=DeliveryState.SENDING,
            attempts=deliveries.c.attempts + 1,
            begun_at=case(
                (deliveries.c.updated_at > now - INTERRUPTED, func.coalesce(deliveries.c.begun_at, moment)),
                else_=moment,
            ),
            owner=owner,
            lease_until=lease_until,
            message_id=case((_IS_EDIT, _TO_EDIT), else_=deliveries.c.message_id),
            updated_at=now,
        )
        .returning(
            deliveries.c.id,
            deliveries.c.chat_id,
            deliveries.c.article,
            deliveries.c.kind,
            deliveries.c.about,
            deliveries.c.because,
            deliveries.c.also,
            deliveries.c.attempts,
            deliveries.c.unheard,
            deliveries.c.begun_at,
            deliveries.c.message_id,
            deliveries.c.due_at,
        )
    )
    wanted, changed = await followed(connection, taken.all(), now)
    due: dict[int, list[Row[Any]]] = {}
    for delivery in sorted(wanted, key=lambda delivery: (delivery.due_at, delivery.id)):
        due.setdefault(delivery.chat_id, []).append(delivery)
    digests = await _digests(connection, [delivery for mine in due.values() for delivery in mine])
    told = [row for rows in (*due.values(), *digests.values()) for row in rows]
    words = await _words(connection, vault, told, changed)
    made: list[Parcel] = []
    for row in rows:
        mine = due.get(row.id)
        if mine is None:  # another process took it while we were waiting for the rows
            continue
        try:
            address = vault.decrypt(row.address)
        except StateError:
            await _give_up(connection, row.id, now)
            continue
        made.append(
            Parcel(
                ChatAddress(row.channel, address, row.thread),
                row.id,
                row.language or row.last_language,
                row.zone,
                tuple(_delivery(one, words, changed, digests.get((one.chat_id, one.message_id), ())) for one in mine),
            )
        )
    return tuple(made)


def _delivery(
    row: Row[Any], words: Mapping[str, tuple[str, str]], changed: Mapping[int, str], digest: Sequence[Row[Any]] = ()
) -> Delivery:
    own, language = words.get(_source(row, changed) or "", (None, None))
    return Delivery(
        id=row.id,
        article=row.article,
        kind=row.kind,
        about=row.about,
        because=changed.get(row.id, row.because),
        because_words=own,
        language=language if row.kind is DeliveryKind.ANSWER else None,
        attempts=row.attempts - 1,
        unheard=row.unheard,
        begun_at=row.begun_at,
        message_id=row.message_id,
        together=tuple(_delivery(one, words, changed) for one in digest if row.kind is DeliveryKind.SECOND_SOURCE),
    )


async def _digests(
    connection: AsyncConnection, rows: Iterable[Row[Any]]
) -> dict[tuple[int, int | None], list[Row[Any]]]:
    """What each digest that is to be edited announced, by its chat and its message."""
    edits = {(row.chat_id, row.message_id) for row in rows if row.kind is DeliveryKind.SECOND_SOURCE}
    if not edits:
        return {}
    told = await connection.execute(
        select(deliveries)
        .where(
            deliveries.c.chat_id.in_([chat for chat, _ in edits]),
            deliveries.c.message_id.in_([message for _, message in edits]),
            deliveries.c.kind == DeliveryKind.ANNOUNCEMENT,
        )
        .order_by(deliveries.c.id)
    )
    found: dict[tuple[int, int | None], list[Row[Any]]] = {}
    for row in told:
        found.setdefault((row.chat_id, row.message_id), []).append(row)
    return {message: rows for message, rows in found.items() if message in edits and len(rows) > 1}


def _source(row: Row[Any], changed: Mapping[int, str]) -> str | None:
    """Where the person's own words of a delivery are: an own topic, or a question that waits for its answer."""
    if row.kind is DeliveryKind.ANSWER:
        return f"asked:{row.about}"
    because: str | None = changed.get(row.id, row.because)
    return because if because is not None and because.startswith(OWN) else None


async def _words(
    connection: AsyncConnection, vault: Vault, rows: Iterable[Row[Any]], changed: Mapping[int, str]
) -> dict[str, tuple[str, str]]:
    """The person's own words that these deliveries are about, with their language, by their source."""
    sources = {source for row in rows if (source := _source(row, changed)) is not None}
    found: dict[str, tuple[str, str]] = {}
    for prefix, table, sealed in ((OWN, own_topics, own_topics.c.words), ("asked:", awaited, awaited.c.question)):
        numbers = [int(source.removeprefix(prefix)) for source in sources if source.startswith(prefix)]
        if numbers:
            query = select(table.c.id, sealed, table.c.language).where(table.c.id.in_(numbers))
            for number, token, language in await connection.execute(query):
                with suppress(StateError):
                    found[f"{prefix}{number}"] = vault.decrypt(token), language
    return found


async def _give_up(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """Nothing can be sent to an address that cannot be read, and nobody else is held up by it."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.chat_id == chat_id, deliveries.c.state == DeliveryState.SENDING)
        .values(
            state=DeliveryState.FAILED,
            reason="the address cannot be read",
            owner=None,
            lease_until=None,
            updated_at=now,
        )
    )
