"""Who wants to hear of what, and how: each method is one transaction.

Every method may raise SQLAlchemyError when the database fails while the bot runs; only `bot.state.opening.open_state`
turns it into a StateError for a person.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, utc_now
from bot.errors import StateError
from bot.replies import ChatAddress
from bot.state import retention
from bot.state.chats import RETURNS, anywhere_in, at, ensure_chat, find_chat, pause_chat, revive
from bot.state.database import Engines, insert_new, note_deletion
from bot.state.kinds import EVERYTHING, PauseReason, Rhythm, SubscriptionState
from bot.state.moving import move
from bot.state.preferences import OwnTopic, Preferences, preferences_of, put_in_rhythm
from bot.state.schedule import Quiet, zone_of
from bot.state.schema import chats, own_topics, subscription_topics, subscriptions
from bot.state.vault import Vault

COMPACTED_EVERY = timedelta(days=1)
"""How often the database's file is cleared of what the sweeps deleted."""


@dataclass(frozen=True, slots=True)
class ChatLanguage:
    """`chosen` by the person, None to follow each question; `last` is the language last used with this chat."""

    chosen: str | None = None
    last: str | None = None


class Subscriptions:
    """The chats and what they wish for, in one database that several processes may share."""

    def __init__(self, engines: Engines, vault: Vault, now: Clock = utc_now) -> None:
        self._engines = engines
        self._vault = vault
        self._now = now
        self._compacted: datetime | None = None  # None too where it is still to be done

    # Chats

    async def language_of(self, chat: ChatAddress) -> ChatLanguage:
        """What is known of the chat's language; nothing for a chat that was never met."""
        async with self._engines.read() as connection:
            found = await connection.execute(
                select(chats.c.language, chats.c.last_language).where(at(chat, self._vault))
            )
            row = found.one_or_none()
        return ChatLanguage() if row is None else ChatLanguage(row.language, row.last_language)

    async def choose_language(self, chat: ChatAddress, language: str | None) -> None:
        """Answer this chat in `language` from now on; None follows each question again."""
        async with self._engines.write() as connection:
            chat_id = await ensure_chat(connection, self._vault, chat, self._now())
            await self._set_chat(connection, chat_id, language=language)

    async def move_chat(self, old: ChatAddress, new_address: str) -> None:
        """Move the chat, all its threads, to `new_address`; merge it into a chat that is there already."""
        async with self._engines.write() as connection:
            await move(connection, self._vault, old, new_address, self._now())

    async def _set_chat(self, connection: AsyncConnection, chat_id: int, **values: str | None) -> None:
        await connection.execute(update(chats).where(chats.c.id == chat_id).values(updated_at=self._now(), **values))

    # Coming and going

    async def subscribe(self, chat: ChatAddress, language: str | None = None) -> bool:
        """Subscribe to everything, or resume what was paused; False where it was active already.

        Who left, or began to rest, minutes ago gets all the same what waited for them then.
        `language` is the one that the person is being spoken to in, for announcements until one is chosen.
        """
        now = self._now()
        async with self._engines.write() as connection:
            chat_id = await ensure_chat(connection, self._vault, chat, now)
            if language is not None:
                await self._set_chat(connection, chat_id, last_language=language)
            new = insert_new(connection, subscriptions).values(
                chat_id=chat_id, state=SubscriptionState.ACTIVE, since=now, rhythm=Rhythm.AT_ONCE
            )
            if await connection.scalar(new.returning(subscriptions.c.chat_id)) is not None:
                await connection.execute(insert(subscription_topics).values(chat_id=chat_id, topic=EVERYTHING))
                return True
            await revive(connection, chat_id, now)
            return await self._resume(connection, subscriptions.c.chat_id == chat_id)

    async def unsubscribe(self, chat: ChatAddress) -> bool:
        """End the subscription by the person's wish; False where there was none to end.

        What was still owed is sent no more, but for the answers that the chat asked for; corrections wait. Only
        `subscribe` brings it back.
        """
        return await self._pause(chat, PauseReason.PERSON, absent_too=True)

    async def rest(self, chat: ChatAddress, until: datetime) -> bool:
        """Send nothing until then, by the person's wish; False where no subscription was active."""
        return await self._pause(chat, PauseReason.RESTING, until=until)

    async def pause(self, chat: ChatAddress, reason: PauseReason) -> bool:
        """Stop an active subscription; what was still owed is skipped. False where none was active.

        Whoever blocked the bot blocked it in all threads of the chat.
        """
        if reason is not PauseReason.BLOCKED:
            return await self._pause(chat, reason)
        async with self._engines.write() as connection:
            everywhere = await connection.scalars(select(chats.c.id).where(anywhere_in(chat, self._vault)))
            paused = [await pause_chat(connection, chat_id, reason, self._now()) for chat_id in everywhere.all()]
        return any(paused)

    async def resume(self, chat: ChatAddress, *, everywhere: bool = False) -> bool:
        """Go on after the chat was blocked or gone; False otherwise: a person who left stays out.

        What is written in one thread says nothing of another that is gone: that goes on only with `everywhere`. Asked
        at each message: it stands in no writer's way where there is nothing to resume.
        """
        anywhere, here = (select(chats.c.id).where(where(chat, self._vault)) for where in (anywhere_in, at))
        absent = or_(
            and_(subscriptions.c.chat_id.in_(anywhere), subscriptions.c.pause_reason == PauseReason.BLOCKED),
            and_(
                subscriptions.c.chat_id.in_(anywhere if everywhere else here),
                subscriptions.c.pause_reason.in_(RETURNS),
            ),
        )
        async with self._engines.read() as connection:
            if await connection.scalar(select(subscriptions.c.chat_id).where(absent).limit(1)) is None:
                return False
        async with self._engines.write() as connection:
            return await self._resume(connection, absent)

    async def _resume(self, connection: AsyncConnection, where: Any) -> bool:
        resumed = await connection.execute(
            update(subscriptions)
            .where(where, subscriptions.c.state == SubscriptionState.PAUSED)
            .values(state=SubscriptionState.ACTIVE, pause_reason=None, until=None, since=self._now())
        )
        return resumed.rowcount > 0

    async def _pause(
        self, chat: ChatAddress, reason: PauseReason, *, until: datetime | None = None, absent_too: bool = False
    ) -> bool:
        async with self._engines.write() as connection:
            chat_id = await find_chat(connection, self._vault, chat)
            return chat_id is not None and await pause_chat(
                connection, chat_id, reason, self._now(), until=until, absent_too=absent_too
            )

    # Wishes

    async def preferences_of(self, chat: ChatAddress) -> Preferences | None:
        """What the chat's subscription wishes, paused or not; None for a chat that never subscribed."""
        async with self._engines.read() as connection:
            chat_id = await find_chat(connection, self._vault, chat)
            return None if chat_id is None else await preferences_of(connection, self._vault, chat_id)

    async def set_topics(self, chat: ChatAddress, topics: Iterable[str]) -> bool:
        """Follow these topics and no others; False where there is no subscription, here and below.

        What is owed already by a topic that is not among them when it is due is not sent.
        """
        async with self._engines.write() as connection:
            chat_id = await self._subscribed(connection, chat)
            if chat_id is None:
                return False
            await connection.execute(delete(subscription_topics).where(subscription_topics.c.chat_id == chat_id))
            rows = [{"chat_id": chat_id, "topic": topic} for topic in sorted(set(topics))]
            if rows:
                await connection.execute(insert(subscription_topics), rows)
            return True

    async def set_rhythm(self, chat: ChatAddress, rhythm: Rhythm) -> bool:
        """Hear of announcements at once or in a digest; what is still owed follows, here and below."""
        async with self._engines.write() as connection:
            chat_id = await self._subscribed(connection, chat)
            if chat_id is None:
                return False
            other = subscriptions.c.chat_id == chat_id, subscriptions.c.rhythm != rhythm
            changed = await connection.execute(update(subscriptions).where(*other).values(rhythm=rhythm))
            if changed.rowcount:  # chosen once more, it puts off no digest
                await put_in_rhythm(connection, chat_id, self._now(), anew=True)
            return True

    async def set_quiet(self, chat: ChatAddress, quiet: Quiet | None) -> bool:
        """Hear nothing in these hours of the chat's own day."""
        start, end = (None, None) if quiet is None else (quiet.start, quiet.end)
        async with self._engines.write() as connection:
            chat_id = await self._subscribed(connection, chat)
            if chat_id is None:
                return False
            mine = subscriptions.c.chat_id == chat_id
            await connection.execute(update(subscriptions).where(mine).values(quiet_from=start, quiet_until=end))
            await put_in_rhythm(connection, chat_id, self._now())
            return True

    async def set_zone(self, chat: ChatAddress, zone: str | None) -> bool:
        """Read the clock of this time zone; None is UTC. Raises ValueError for a zone that nobody knows."""
        zone_of(zone)
        async with self._engines.write() as connection:
            chat_id = await self._subscribed(connection, chat)
            if chat_id is None:
                return False
            await self._set_chat(connection, chat_id, zone=zone)
            await put_in_rhythm(connection, chat_id, self._now())
            return True

    async def _subscribed(self, connection: AsyncConnection, chat: ChatAddress) -> int | None:
        """The id of the chat where it has a subscription, paused or not."""
        found: int | None = await connection.scalar(
            select(subscriptions.c.chat_id).join(chats).where(at(chat, self._vault))
        )
        return found

    # What they follow in their own words

    async def add_own_topic(self, chat: ChatAddress, words: str, language: str) -> OwnTopic:
        """Follow what these words are about; no subscription begins by that alone."""
        async with self._engines.write() as connection:
            chat_id = await ensure_chat(connection, self._vault, chat, self._now())
            made = await connection.execute(
                insert(own_topics)
                .values(chat_id=chat_id, words=self._vault.encrypt(words), language=language, created_at=self._now())
                .returning(own_topics.c.id)
            )
            return OwnTopic(made.scalar_one(), words, language)

    async def remove_own_topic(self, chat: ChatAddress, number: int) -> bool:
        """Follow it no more; False where this chat has none of that number."""
        mine = own_topics.c.chat_id.in_(select(chats.c.id).where(at(chat, self._vault)))
        async with self._engines.write() as connection:
            removed = await connection.execute(delete(own_topics).where(own_topics.c.id == number, mine))
            await note_deletion(connection)
            return removed.rowcount > 0

    async def own_topics(self) -> tuple[tuple[OwnTopic, int], ...]:
        """The own topics of all active subscriptions, each with the id of its chat.

        Of those, too, whose rest is over and only not ended yet: an announcement ends it.
        """
        rested = and_(subscriptions.c.pause_reason == PauseReason.RESTING, subscriptions.c.until <= self._now())
        async with self._engines.read() as connection:
            rows = await connection.execute(
                select(own_topics)
                .join(subscriptions, subscriptions.c.chat_id == own_topics.c.chat_id)
                .where(or_(subscriptions.c.state == SubscriptionState.ACTIVE, rested))
                .order_by(own_topics.c.id)
            )
            found = rows.all()

        def opened() -> Iterator[tuple[OwnTopic, int]]:
            for row in found:
                with suppress(StateError):  # what no key opens holds up nobody else
                    yield OwnTopic(row.id, self._vault.decrypt(row.words), row.language), row.chat_id

        return await asyncio.to_thread(lambda: tuple(opened()))

    # What is kept, and for how long

    async def everything_of(self, chat: ChatAddress) -> dict[str, Any]:
        """All that is kept of this chat and its threads, ready for JSON."""
        async with self._engines.read() as connection:
            return await retention.everything_of(connection, self._vault, chat)

    async def erase(self, chat: ChatAddress) -> bool:
        """Delete all that is kept of this chat and its threads, deliveries too; False where nothing was kept.

        On return it is not in the database file any more, unless another process held on to it: then the next sweep
        clears it.
        """
        async with self._engines.write() as connection:
            erased = await retention.erase(connection, self._vault, chat)
        if erased:
            await self._compact(self._now())
        return erased

    async def sweep(self, now: datetime) -> int:
        """Let go of what was kept long enough, and end the pauses that are over; how many rows went.

        The file is cleared of them once a day, for others wait meanwhile; at once where an erasure could not be.
        """
        async with self._engines.write() as connection:
            swept = await retention.sweep(connection, now)
        # A clock that was set back must not put the next time off by as much.
        if self._compacted is None or not timedelta() <= now - self._compacted < COMPACTED_EVERY:
            await self._compact(now)
        return swept

    async def _compact(self, now: datetime) -> None:
        self._compacted = now if await self._engines.compact() else None
