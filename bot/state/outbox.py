"""The outbox: what is owed to whom, from the moment that it is owed until it has ended; each method one transaction.

A delivery exists as a row before anything is sent, and goes pending -> sending -> sent, failed or skipped; a try that
should be repeated goes back to pending. Whoever is sending holds the row by a lease, so that several processes keep
apart, and what one was sending as it ended is owed again when its lease has.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, utc_now
from bot.replies import Channel
from bot.state import audience, owing
from bot.state.audience import Subject
from bot.state.chats import LEFT_MEANWHILE, OWED, WANTED, skip_pending
from bot.state.database import Engines, SharedClock, by_the_database
from bot.state.deliveries import Arrival, Outcome, Parcel
from bot.state.kinds import DeliveryKind, DeliveryState, Rhythm
from bot.state.parcels import INTERRUPTED, candidates, parcels, put_off
from bot.state.retention import wake
from bot.state.schema import announcements, chats, deliveries
from bot.state.settling import settle, settle_arrived
from bot.state.vault import Vault

LEASE = timedelta(seconds=60)
"""How long a process that says nothing is taken for alive. Each call of `recover` says something."""


class Outbox:
    """What is owed, in one database that several processes may share."""

    def __init__(
        self, engines: Engines, vault: Vault, now: Clock = utc_now, shared: SharedClock = by_the_database
    ) -> None:
        """`shared` is the clock that leases go by."""
        self._engines = engines
        self._vault = vault
        self._now = now
        self._shared = shared

    # What is owed

    async def announce(
        self,
        slug: str,
        topics: Collection[str] = (),
        *,
        own: Collection[int] = (),
        at: datetime | None = None,
        story: str | None = None,
    ) -> int:
        """Owe the article to every active subscriber of its topics, of everything or of these own topics; how many.

        Not before `at`, and to each in its own rhythm. 0, with nothing changed, where any process has announced it
        before. `story` is the slug of the same story told before: whoever was owed that hears nothing of this one.
        """
        now = self._now()
        async with self._engines.write() as connection:
            if not await owing.announced(connection, slug, at or now, story, topics):
                return 0
            await wake(connection, now)
            subject = Subject(slug, tuple(topics), tuple(own), story)
            return await owing.owe_announcement(connection, subject, now, at)

    async def audience(
        self, topics: Collection[str] = (), own: Collection[int] = (), story: str | None = None
    ) -> Mapping[Rhythm, int]:
        """How many would hear of an article of these topics now, by the rhythm in which they would."""
        async with self._engines.read() as connection:
            return await audience.counted(connection, Subject("", tuple(topics), tuple(own), story))

    async def first_due(
        self,
        topics: Collection[str] = (),
        own: Collection[int] = (),
        story: str | None = None,
        at: datetime | None = None,
    ) -> Mapping[Rhythm, datetime]:
        """When the first of `audience` would hear of it, by rhythm, if it were announced now and not before `at`."""
        async with self._engines.read() as connection:
            subject = Subject("", tuple(topics), tuple(own), story)
            return await audience.first_due(connection, subject, self._now(), at)

    async def owe(
        self,
        kind: DeliveryKind,
        article: str,
        rows: Iterable[tuple[int, str, str | None]],
        at: datetime | None = None,
    ) -> int:
        """Owe something about the article to chats, each row (chat id, about, because); how many are owed it anew.

        Each comes once, however often it is owed. A chat without a subscription is owed answers alone; over a pause
        corrections wait for the return, and answers for that of who is away.
        """
        async with self._engines.write() as connection:
            return await owing.owe(connection, kind, article, rows, self._now(), at)

    async def owe_edits(self, article: str, second_slug: str, at: datetime | None = None) -> int:
        """Owe an edit that names a second source, of every message that announced the article; how many.

        Of one that is on its way, it waits until that has arrived.
        """
        async with self._engines.write() as connection:
            return await owing.owe_edits(connection, article, second_slug, self._now(), at)

    async def withdraw(self, slug: str, at: datetime | None = None) -> int:
        """Undo what is still owed of the article; how much that was.

        With `at` only what was owed with that very time, not what was owed of it before. It may be announced again, to
        whom it was never begun to be sent.
        """
        of_it = or_(deliveries.c.article == slug, deliveries.c.about == slug)
        told = announcements.c.slug == slug
        if at is not None:
            of_it, told = and_(of_it, deliveries.c.held_until == at), and_(told, announcements.c.announced_at == at)
        pending = and_(of_it, deliveries.c.state == DeliveryState.PENDING)
        async with self._engines.write() as connection:
            owed = (await connection.execute(select(func.count()).where(pending))).scalar_one()
            await connection.execute(delete(deliveries).where(pending, deliveries.c.attempts == 0))
            await skip_pending(connection, of_it, "withdrawn", self._now())
            await connection.execute(delete(announcements).where(told))
            return owed

    async def story_of(self, slug: str) -> str | None:
        """The slug of the same story told before, where the article is announced as another source of it."""
        query = select(announcements.c.story).where(announcements.c.slug == slug)
        async with self._engines.read() as connection:
            story: str | None = await connection.scalar(query)
            return story

    async def told_again(self, slug: str, story: str | None = None) -> tuple[str, ...]:
        """The articles that told the story of this one again; none where it is announced itself.

        `story` is the one that it told again itself, where it did.
        """
        itself = announcements.alias()
        query = select(announcements.c.slug).where(
            announcements.c.story == (story or slug), ~exists(select(itself.c.slug).where(itself.c.slug == slug))
        )
        async with self._engines.read() as connection:
            return tuple(await connection.scalars(query))

    async def tell_anew(self, withdrawn: str, subjects: Collection[Subject], story: str | None = None) -> int:
        """Owe what is left of the articles that told a story again to whom the withdrawn one would have told it.

        `story` is the one that the withdrawn one told again itself, where it did.
        """
        now = self._now()
        async with self._engines.write() as connection:
            await wake(connection, now)
            return await owing.tell_anew(connection, withdrawn, {one.slug: one for one in subjects}, now, story)

    async def announced_since(self, moment: datetime) -> Mapping[str, datetime]:
        """The articles announced, or to be, since then, each with when; not those taken for told."""
        query = select(announcements).where(announcements.c.announced_at >= moment, announcements.c.topics.is_not(None))
        async with self._engines.read() as connection:
            return {row.slug: row.announced_at for row in await connection.execute(query)}

    async def note_announced(self, slug: str) -> None:
        """Take the article for told, to nobody: it is no news any more."""
        async with self._engines.write() as connection:
            await owing.announced(connection, slug, self._now(), None, None)

    async def is_announced(self, slug: str) -> bool:
        """Whether the article was told, or taken for told."""
        async with self._engines.read() as connection:
            return await connection.scalar(select(exists().where(announcements.c.slug == slug))) or False

    async def told_of(self, slugs: Collection[str]) -> Mapping[str, str | None]:
        """Those of the articles of which anybody is owed or was sent something.

        Each with the slug of the same story told before, where it was announced as another source of it.
        """
        query = (
            select(deliveries.c.article, announcements.c.story)
            .distinct()
            .outerjoin(announcements, announcements.c.slug == deliveries.c.article)
            .where(deliveries.c.article.in_(slugs))
        )
        async with self._engines.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    # Sending it

    async def take(self, channel: Channel, now: datetime, limit: int, owner: str) -> tuple[Parcel, ...]:
        """Take for sending all that at most `limit` chats of the channel are due, the longest due first.

        No other process takes it while the owner's lease lasts. What falls into somebody's quiet hours is put off, and
        announcements of topics that the chat follows no more are skipped.
        """
        async with self._engines.write() as connection:
            while rows := await candidates(connection, channel, now, limit):
                awake = await put_off(connection, rows, now)
                if not awake:
                    continue
                lease_until = await self._shared(connection, now) + LEASE
                if found := await parcels(connection, self._vault, awake, now, owner, lease_until):
                    return found
        return ()

    async def still_owed(self, parcel: Parcel) -> Parcel:
        """What of a parcel that was taken may go out: nothing that its chat left, is away from or had deleted since,
        nor what another process took over. Answers were asked for apart: who left gets them.

        To be asked right before sending: a message that is on its way cannot be called back.
        """
        mine = deliveries.c.id.in_([delivery.id for delivery in parcel.deliveries])
        # Pending, too: our lease ended, but nobody else has begun to send it.
        begun = deliveries.c.state.in_((DeliveryState.SENDING, DeliveryState.PENDING))
        async with self._engines.read() as connection:
            rows = await connection.execute(select(deliveries.c.id, deliveries.c.attempts).where(mine, begun, WANTED))
            tries = {row.id: row.attempts for row in rows}
        return replace(
            parcel, deliveries=tuple(one for one in parcel.deliveries if tries.get(one.id) == one.attempts + 1)
        )

    async def settle(self, items: Sequence[tuple[Parcel, Outcome]]) -> None:
        """Write how parcels that were taken ended, many in one transaction; repeating it changes nothing.

        What should be tried again is skipped where the person left in between, but for answers and corrections: those
        wait.
        """
        async with self._engines.write() as connection:
            await settle(connection, self._vault, items, self._now())

    async def take_over(self, owner: str, arrivals: Sequence[Arrival]) -> int:
        """Write what a process that has ended knew to have arrived, and owe again what else it was sending; how much.

        Repeating it changes nothing.
        """
        now = self._now()
        async with self._engines.write() as connection:
            await settle_arrived(connection, arrivals, now)
            mine = and_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.owner == owner)
            return await _owe_again(connection, mine, now, await self._shared(connection, now))

    async def recover(self, channel: Channel, now: datetime, owner: str) -> int:
        """Owe again what processes that ended were sending on this channel; how many deliveries.

        And renew the lease of what `owner` is sending itself, which it never takes for lost, whatever the clock says.
        """
        here = deliveries.c.chat_id.in_(select(chats.c.id).where(chats.c.channel == channel))
        sending = deliveries.c.state == DeliveryState.SENDING
        others = or_(deliveries.c.owner.is_(None), deliveries.c.owner != owner)
        async with self._engines.write() as connection:
            moment = await self._shared(connection, now)
            await connection.execute(
                update(deliveries).where(sending, deliveries.c.owner == owner).values(lease_until=moment + LEASE)
            )
            ended = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= moment)
            return await _owe_again(connection, and_(sending, here, others, ended), now, moment)


async def _owe_again(connection: AsyncConnection, where: Any, now: datetime, moment: datetime) -> int:
    """Owe what `where` names; `moment` is now by the clock that leases go by."""
    found = await connection.scalars(
        update(deliveries)
        .where(where)
        .values(
            state=DeliveryState.PENDING,
            begun_at=case((deliveries.c.lease_until > moment - INTERRUPTED, deliveries.c.begun_at)),
            owner=None,
            lease_until=None,
            updated_at=now,
        )
        .returning(deliveries.c.id)
    )
    recovered = list(found)
    for first in range(0, len(recovered), owing.CHUNK):
        some = deliveries.c.id.in_(recovered[first : first + owing.CHUNK])
        await skip_pending(connection, some & ~OWED, LEFT_MEANWHILE, now)
    return len(recovered)
