"""Which sentences were shown to which subscriber, and what became of those sentences since."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, utc_now
from bot.replies import ChatAddress
from bot.state.chats import at
from bot.state.database import Engines, insert_or_change, lock
from bot.state.kinds import SubscriptionState
from bot.state.schema import chats, corrections, shown, subscriptions
from bot.state.vault import Vault


@dataclass(frozen=True, slots=True)
class KeptCorrection:
    """What a sentence stated, and what it states now; None where it states it no more."""

    id: int
    article: str
    sentence: str
    language: str
    was: str
    now: str | None
    made_at: datetime


def digest_of(text: str) -> str:
    """What is kept of a text that was shown, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Shown:
    """Notes what subscribers were shown, as digests, and the corrections of it."""

    def __init__(self, engines: Engines, vault: Vault, now: Clock = utc_now) -> None:
        self._engines = engines
        self._vault = vault
        self._now = now

    async def note(self, chat: ChatAddress, sentences: Iterable[tuple[str, str, str]]) -> None:
        """Remember the sentences (id, language, text) that a subscriber was shown; of others nothing is kept."""
        async with self._engines.read() as connection:
            chat_id = await connection.scalar(
                select(chats.c.id)
                .join(subscriptions)
                .where(at(chat, self._vault), subscriptions.c.state == SubscriptionState.ACTIVE)
            )
        if chat_id is not None:
            await self.note_all([(chat_id, *sentence) for sentence in sentences])

    async def note_all(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """The same for many at once: chat id, sentence, language, text; of chats whose subscription is paused, too."""
        now = self._now()
        latest = {
            (chat_id, sentence, language): {
                "chat_id": chat_id,
                "sentence": sentence,
                "language": language,
                "digest": digest_of(text),
                "shown_at": now,
            }
            for chat_id, sentence, language, text in rows
        }
        if latest:
            async with self._engines.write() as connection:
                await _note(connection, [latest[key] for key in sorted(latest)])  # in one order, or two could block

    async def who_saw(self, sentence: str, language: str, text: str) -> tuple[int, ...]:
        """The ids of the subscribers' chats that were shown this very text of the sentence's article, in this language.

        Of paused ones, too: they are told at the return. The digest knows the text; the sentence may have had another
        place, and so another id, when it was shown.
        """
        article = f"{sentence.partition('/')[0]}/"
        async with self._engines.read() as connection:
            found = await connection.scalars(
                select(shown.c.chat_id)
                .join(subscriptions, subscriptions.c.chat_id == shown.c.chat_id)
                .where(
                    shown.c.sentence.startswith(article, autoescape=True),
                    shown.c.language == language,
                    shown.c.digest == digest_of(text),
                )
                .order_by(shown.c.chat_id)
                .distinct()
            )
            return tuple(found)

    async def corrected(
        self, texts: Collection[tuple[str, str, str]], since: datetime
    ) -> Mapping[tuple[str, str, str], KeptCorrection]:
        """Those of the texts (article, language, text) that were corrected since then and stand no longer, with how."""
        query = select(corrections).where(
            corrections.c.article.in_({article for article, _, _ in texts}), corrections.c.made_at >= since
        )
        gone: dict[tuple[str, str, str], KeptCorrection] = {}
        async with self._engines.read() as connection:
            for row in await connection.execute(query.order_by(corrections.c.id)):
                one = KeptCorrection(**row._mapping)
                gone[one.article, one.language, one.was] = one
                if one.now is not None:  # it came back
                    gone.pop((one.article, one.language, one.now), None)
        return {text: gone[text] for text in texts if text in gone}

    async def correct(self, article: str, sentence: str, language: str, was: str, now: str | None) -> KeptCorrection:
        """Keep what a sentence stated and what it states now; the same again is the same correction.

        Unless it stated something else in between: a value that comes back is corrected anew.
        """
        made_at = self._now()
        of_it = corrections.c.article == article, corrections.c.sentence == sentence, corrections.c.language == language
        latest = select(corrections).where(*of_it).order_by(corrections.c.id.desc()).limit(1)
        new = insert(corrections).values(
            article=article, sentence=sentence, language=language, was=was, now=now, made_at=made_at
        )
        async with self._engines.write() as connection:
            await lock(connection, corrections)  # or two processes that see the same change would both insert it
            known = (await connection.execute(latest)).one_or_none()
            if known is not None and (known.was, known.now) == (was, now):
                return KeptCorrection(**known._mapping)
            number = (await connection.execute(new.returning(corrections.c.id))).scalar_one()
        return KeptCorrection(number, article, sentence, language, was, now, made_at)

    async def correction(self, number: int) -> KeptCorrection | None:
        """The correction of that number, with what is stated by now; None where that is what was, or it is not known.

        It may have waited for weeks: who rested is told of one change, the whole.
        """
        async with self._engines.read() as connection:
            row = (await connection.execute(select(corrections).where(corrections.c.id == number))).one_or_none()
            if row is None:
                return None
            first = last = KeptCorrection(**row._mapping)
            while last.now is not None:
                since = select(corrections).where(
                    corrections.c.id > last.id,
                    corrections.c.article == last.article,
                    corrections.c.language == last.language,
                    corrections.c.was == last.now,
                )
                row = (await connection.execute(since.order_by(corrections.c.id).limit(1))).one_or_none()
                if row is None:
                    break
                last = KeptCorrection(**row._mapping)
        return None if last.now == first.was else replace(first, now=last.now)


async def _note(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Write the rows, over those of the same sentence; a chat that was erased or has no subscription is passed over."""
    these = select(chats.c.id).join(subscriptions).where(chats.c.id.in_({row["chat_id"] for row in rows}))
    there = set(await connection.scalars(these.with_for_update(of=chats, read=True, key_share=True)))
    rows = [row for row in rows if row["chat_id"] in there]
    if not rows:
        return
    noted = insert_or_change(connection, shown, lambda new: {"digest": new.digest, "shown_at": new.shown_at})
    await connection.execute(noted, rows)
