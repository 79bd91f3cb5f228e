"""Publishing: editions are stored and indexed, and all who are to hear of it are owed it, once for ever.

The same for `annuncio ingest`, for what is watched and for who publishes in the chat. Nothing is sent here: it is
owed, as rows of the outbox, and whoever delivers takes it from there.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.answers.catalogue import corpus_of
from bot.answers.library import Library
from bot.clock import Clock, utc_now
from bot.errors import AnnuncioError, CorpusError, StateError
from bot.news.debts import Debts
from bot.news.ingesting import Ingested, put_back, write_editions
from bot.news.matching import Matcher
from bot.news.previewing import Preview, preview_of
from bot.news.stories import Stories
from bot.news.told import read_told, write_told
from bot.news.undoing import (
    Undo,
    begin_undoing,
    begun_undoing,
    end_undoing,
    parse_undo,
    render_undo,
    undo_of,
    undoing_alone,
)
from bot.settings import Settings
from bot.state.database import in_one_line
from bot.state.opening import State
from corpus.model import Article, Edition

if TYPE_CHECKING:
    from bot.answers.opening import Answering

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an article: how many are owed it, the answers in it, and the corrections that it makes."""

    slug: str
    hears: int | None = None
    """None where nobody is to be told."""
    answers: int = 0
    corrections: int = 0
    story: str | None = None
    """The slug of the same story told before, where there was one."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of some editions."""

    ingested: tuple[Ingested, ...]
    told: tuple[Told, ...]
    undo: str = field(repr=False)
    """What `withdraw` takes to undo it: JSON that may be kept."""


class Newsroom:
    """Publishes; one for a process, for it remembers what it has read of topics and stories."""

    def __init__(self, answering: "Answering", state: State, now: Clock = utc_now) -> None:
        self._answering = answering
        self._state = state
        self._now = now
        self.matcher = Matcher(answering.encoder, answering.answerer)
        self.stories = Stories(answering.encoder)
        self._debts = Debts(self.matcher, self.stories, state)
        self._turn = asyncio.Lock()

    async def publish(
        self,
        editions: Sequence[Edition],
        *,
        at: datetime | None = None,
        quiet: bool = False,
        begun: Callable[[str], Awaitable[None]] | None = None,
    ) -> Published:
        """Store and index the editions, and owe what follows from them, nothing of it before `at`.

        What was published before is owed to nobody a second time, so that it may be repeated after a failure. Of what
        is published quietly, and of articles that come with the bot, nobody is told; corrections go out all the same.
        `begun` hears how to undo it before anything is stored: what a process that ends in between leaves is undone by
        that.
        """
        slugs = tuple(dict.fromkeys(edition.slug for edition in editions))
        async with self._turn:
            await self._take_up()
            await self._catch_up()
            undo = render_undo(undo_of(editions, await self._corpus(), at, self._now()))
            if begun is not None:
                await begun(undo)
            ingested = await asyncio.to_thread(self._store, editions)
            library = await self._library()
            corrected = await self._catch_up(dict.fromkeys(slugs, at))
            told = []
            for slug in slugs:
                if slug in _shipped(self._answering.settings):
                    told.append(Told(slug, corrections=corrected[slug]))
                elif quiet:
                    await self._state.outbox.note_announced(slug)  # or its next version would be news to everybody
                    told.append(Told(slug, corrections=corrected[slug]))
                else:
                    article = library.articles[slug]
                    hears, story = await self._debts.tell(library, article, at)
                    answers = await self._debts.answer(library, article, at)
                    told.append(Told(slug, hears, answers, corrected[slug], story))
            return Published(tuple(ingested), tuple(told), undo)

    async def _library(self) -> Library:
        """The current library: reading a changed one takes a core's time."""
        return await asyncio.to_thread(self._answering.catalogue.current)

    async def _corpus(self) -> Mapping[str, Article]:
        """The articles that are there. Raises StateError: whatever is wrong in them is no fault of a new one."""
        try:
            articles = await asyncio.to_thread(corpus_of, self._answering.settings)
        except CorpusError as error:
            raise StateError(str(error)) from error
        return {article.slug: article for article in articles}

    async def keep_up(self, stop: asyncio.Event, every: float = 30.0) -> None:
        """Owe the corrections of what others change, by hand too, and end what an ended process left; until `stop`."""
        seen = ""
        while not stop.is_set():
            digest = (await self._library()).digest
            try:
                async with self._turn:
                    await self._take_up()
                    if digest != seen:
                        await self._catch_up()
                seen = digest
            except (SQLAlchemyError, AnnuncioError) as error:
                said = in_one_line(error) if isinstance(error, SQLAlchemyError) else error
                log.warning("what has changed is corrected later: %s", said)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every)

    async def _catch_up(self, held: Mapping[str, datetime | None] | None = None) -> Counter[str]:
        """Owe the corrections of whatever changed since people were last told; how many by article.

        Those of the articles in `held` not before their time.
        """
        folder, library = self._answering.settings.data_dir, await self._library()
        before = await asyncio.to_thread(read_told, folder)
        owed: Counter[str] = Counter()
        for slug, article in (before or {}).items():
            if article != library.articles.get(slug):
                owed[slug] = await self._debts.correct(
                    slug, article, library.articles.get(slug), (held or {}).get(slug)
                )
        if before != library.articles:
            await asyncio.to_thread(write_told, folder, library.articles)
        return owed

    async def preview(self, editions: Sequence[Edition], *, at: datetime | None = None) -> tuple[Preview, ...]:
        """What `publish` would do with these editions and this time; an article of several is previewed once."""
        found = []
        async with self._turn:
            before, library = await self._corpus(), await self._library()
            for slug in dict.fromkeys(edition.slug for edition in editions):
                new = [edition for edition in editions if edition.slug == slug]
                news = slug not in _shipped(self._answering.settings)
                news = news and not await self._state.outbox.is_announced(slug)
                found.append(
                    await preview_of(new, before.get(slug), library, self._debts, self._answering.encoder, news, at)
                )
        return tuple(found)

    async def withdraw(self, undo: str, *, begun: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Undo: what is still owed is owed no more, and what stood there before stands there again.

        Who was told meanwhile of what stands no longer is owed a correction. What was not said because this said it is
        owed now: the same story, told by others that stand, and answers that others published since then give.
        `begun` hears when nothing but a CorpusError stops it any more: what ends in between is ended later. Nothing is
        undone where it says no: another process did it while this one waited. Raises StateError, with nothing changed,
        where something is wrong in the articles that are there.
        """
        folder = self._answering.settings.data_dir
        async with self._turn, undoing_alone(folder):
            await self._end_begun()
            await self._corpus()
            former = parse_undo(undo)
            stories = {slug: await self._state.outbox.story_of(slug) for slug in former.slugs}
            former = replace(former, stories=stories)
            await asyncio.to_thread(begin_undoing, folder, former)
            if begun is None or await begun():
                await self._undo(former)
            else:
                await asyncio.to_thread(end_undoing, folder)

    async def _take_up(self) -> None:
        """End what another process, or this one, began to undo and did not end; one that is at work is waited for."""
        async with undoing_alone(self._answering.settings.data_dir):
            await self._end_begun()

    async def _end_begun(self) -> None:
        """As `_take_up`, for who undoes alone."""
        former = await asyncio.to_thread(begun_undoing, self._answering.settings.data_dir)
        if former is not None:
            try:
                await self._undo(former)
            except CorpusError as error:
                log.warning("what was begun to be undone cannot be ended: %s", error)

    async def _undo(self, former: Undo) -> None:
        """All of it; done once more, it changes nothing.

        Where the corpus refuses it, the texts stay, nobody is told of them, and nobody tries it again.
        """
        slugs, stories = former.slugs, former.stories or {}
        for slug in slugs:  # first: its time may come while the index is built
            await self._state.outbox.withdraw(slug, former.at)
        folder = self._answering.settings.data_dir
        try:
            await asyncio.to_thread(put_back, self._answering, former.files)
        except CorpusError:
            await asyncio.to_thread(end_undoing, folder)
            raise
        await asyncio.to_thread(self._answering.catalogue.refresh)
        await self._catch_up()
        library = await self._library()
        for slug in slugs:
            await self._debts.tell_anew(library, slug, stories.get(slug))
        if former.made is not None:
            for slug, moment in (await self._state.outbox.announced_since(former.made)).items():
                if slug in library.articles:
                    await self._debts.answer(library, library.articles[slug], moment)
        await asyncio.to_thread(end_undoing, folder)

    def _store(self, editions: Sequence[Edition]) -> list[Ingested]:
        ingested = write_editions(self._answering, editions)
        self._answering.catalogue.refresh()
        self._answering.samples()
        return ingested


def _shipped(settings: Settings) -> frozenset[str]:
    """The articles that come with the bot: news to nobody, whatever editions are added to them."""
    if settings.articles_dir is not None:
        return frozenset()
    return frozenset(path.name for path in settings.shipped_articles.iterdir())
