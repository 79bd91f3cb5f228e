"""Who is owed what: the rows of the outbox, as steps inside the caller's transaction.

A row is one thing that is owed to one chat; the table has each once, whoever asks for it and how often.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.audience import Subject, because_of, hearers
from bot.state.database import insert_new
from bot.state.kinds import DeliveryKind, DeliveryState, SubscriptionState
from bot.state.preferences import due_by
from bot.state.schema import announcements, chats, deliveries, subscriptions

CHUNK = 1000
"""Rows that are held in memory at once, and written by one statement."""


async def owe_announcement(
    connection: AsyncConnection, subject: Subject, now: datetime, held_until: datetime | None
) -> int:
    """Owe the article to every active subscriber of its topics, of everything or of one of the own topics; how many.

    Each by the most telling of its topics: in its own words, then by a label, then everything. Not to whom it was
    owed before, or the same story from another source.
    """
    due: dict[tuple[Any, ...], datetime] = {}  # the same for all who wish the same
    owed = last = 0
    # Held, or a chat could be erased or paused before its rows are there.
    everyone = hearers(subject).with_for_update(of=(chats, subscriptions), read=True)
    here = subscriptions.c.chat_id
    while rows := (await connection.execute(everyone.where(here > last).order_by(here).limit(CHUNK))).all():
        for row in rows:
            wishes = _wishes(row)
            if wishes not in due:
                due[wishes] = due_by(row, DeliveryKind.ANNOUNCEMENT, now, held_until)
        new = [
            _row(
                row.chat_id,
                subject.slug,
                DeliveryKind.ANNOUNCEMENT,
                due[_wishes(row)],
                now,
                held_until,
                because=because,
                also=also,
            )
            for row in rows
            for because, also in [because_of(row)]
        ]
        await connection.execute(insert_new(connection, deliveries), new)
        owed += len(rows)
        last = rows[-1].chat_id
    return owed


async def tell_anew(
    connection: AsyncConnection,
    withdrawn: str,
    subjects: Mapping[str, Subject],
    now: datetime,
    story: str | None = None,
) -> int:
    """Owe the articles that told again the story of one that is announced no more, each by its slug; how many.

    To whom nobody told it, and none before its time. The first of them is the one now that the others told again;
    but where the withdrawn one told again a `story` itself, that stays the one for all of them.
    """
    repeats = announcements.c.story == (story or withdrawn)
    rows = await connection.execute(
        select(announcements).where(repeats).order_by(announcements.c.announced_at, announcements.c.slug)
    )
    standing = [row for row in rows if row.slug in subjects]
    owed = 0
    for row in standing:
        subject = replace(subjects[row.slug], story=story or withdrawn, withdrawn=withdrawn)
        owed += await owe_announcement(connection, subject, now, row.announced_at)
    if story is not None:
        return owed
    first = standing[0].slug if standing else None
    await connection.execute(update(announcements).where(repeats).values(story=first))
    await connection.execute(update(announcements).where(announcements.c.slug == first).values(story=None))
    return owed


def _wishes(row: Row[Any]) -> tuple[Any, ...]:
    return row.rhythm, row.quiet_from, row.quiet_until, row.zone


async def owe(
    connection: AsyncConnection,
    kind: DeliveryKind,
    article: str,
    rows: Iterable[tuple[int, str, str | None]],
    now: datetime,
    held_until: datetime | None,
) -> int:
    """Owe something of this kind to chats, each row (chat id, about, because); how many were not owed it before.

    Chats without a subscription are owed answers alone; over a pause corrections wait for the return. A question that
    several articles answer, whichever process published them, is answered by one.
    """
    answers = kind is DeliveryKind.ANSWER
    same = deliveries.c.article == article
    if answers:
        live = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT)
        same = or_(same, deliveries.c.state.in_(live))
    owed = 0
    for some in _chunks(rows):
        ids = {chat_id for chat_id, _, _ in some}
        people = await connection.execute(
            select(chats.c.id, subscriptions, chats.c.zone)
            .outerjoin(subscriptions)
            .where(chats.c.id.in_(ids))
            .order_by(chats.c.id)  # two that hold them in different orders would block each other
            # Or a chat could be erased before its rows are there, or be owed two answers to one question.
            .with_for_update(of=chats, read=not answers, key_share=True)
        )
        wishes = {row.id: row for row in people if _may_get(row, kind)}
        there = await connection.execute(
            select(deliveries.c.chat_id, deliveries.c.about).where(
                deliveries.c.chat_id.in_(ids), deliveries.c.kind == kind, same
            )
        )
        known = {(chat_id, about) for chat_id, about in there.all()}
        new = {
            (chat_id, about): _row(
                chat_id,
                article,
                kind,
                due_by(wishes[chat_id] if wishes[chat_id].state else None, kind, now, held_until),
                now,
                held_until,
                about=about,
                because=because,
            )
            for chat_id, about, because in some
            if chat_id in wishes and (chat_id, about) not in known
        }
        if new:
            await connection.execute(insert_new(connection, deliveries), list(new.values()))
        owed += len(new)
    return owed


def _may_get(row: Row[Any], kind: DeliveryKind) -> bool:
    if kind is DeliveryKind.ANSWER or row.state is SubscriptionState.ACTIVE:
        return True
    return kind is DeliveryKind.CORRECTION and row.state is not None


async def owe_edits(
    connection: AsyncConnection, article: str, second: str, now: datetime, held_until: datetime | None
) -> int:
    """Owe an edit, to name a second source, of every message that announced the article; how many.

    Of those, too, that are being sent just now, and may be made already: once they have arrived.
    """
    arrived = and_(deliveries.c.state == DeliveryState.SENT, deliveries.c.message_id.is_not(None))
    owed = last = 0
    while True:
        sent = await connection.execute(
            select(deliveries.c.id, deliveries.c.chat_id, deliveries.c.because, deliveries.c.message_id)
            .join(chats, chats.c.id == deliveries.c.chat_id)
            .join(subscriptions, subscriptions.c.chat_id == chats.c.id)
            .with_for_update(of=(chats, subscriptions), read=True)
            .where(
                deliveries.c.article == article,
                deliveries.c.kind == DeliveryKind.ANNOUNCEMENT,
                or_(arrived, deliveries.c.state == DeliveryState.SENDING),
                deliveries.c.id > last,
                subscriptions.c.state == SubscriptionState.ACTIVE,
            )
            .order_by(deliveries.c.id)
            .limit(CHUNK)
        )
        rows = sent.all()
        if not rows:
            return owed
        new = [
            _row(
                row.chat_id,
                article,
                DeliveryKind.SECOND_SOURCE,
                now if held_until is None else max(now, held_until),
                now,
                held_until,
                about=second,
                because=row.because,
                message_id=row.message_id,
            )
            for row in rows
        ]
        await connection.execute(insert_new(connection, deliveries), new)
        owed += len(new)
        last = rows[-1].id


async def announced(
    connection: AsyncConnection, slug: str, moment: datetime, story: str | None, topics: Iterable[str] | None
) -> bool:
    """Note that the article is announced; False, with nothing changed, where any process has done it before.

    Without `topics` it is only taken for told: by them nobody is told of it.
    """
    new = insert_new(connection, announcements).values(
        slug=slug, announced_at=moment, story=story, topics=None if topics is None else "\n".join(sorted(topics))
    )
    return await connection.scalar(new.returning(announcements.c.slug)) is not None


def _row(
    chat_id: int,
    article: str,
    kind: DeliveryKind,
    due_at: datetime,
    now: datetime,
    held_until: datetime | None,
    *,
    about: str = "",
    because: str | None = None,
    also: str | None = None,
    message_id: int | None = None,
) -> Mapping[str, Any]:
    return {
        "chat_id": chat_id,
        "article": article,
        "kind": kind,
        "about": about,
        "because": because,
        "also": also,
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "due_at": due_at,
        "held_until": held_until,
        "updated_at": now,
        "message_id": message_id,
    }


def _chunks(rows: Iterable[tuple[int, str, str | None]]) -> Iterator[Sequence[tuple[int, str, str | None]]]:
    remaining = iter(rows)
    while some := list(islice(remaining, CHUNK)):
        yield some
