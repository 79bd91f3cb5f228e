"""Publishing: editions are stored and indexed, and all who are to hear of it are owed it, once for ever.

The same for `annuncio ingest`, for what is watched and for who publishes in the chat. Nothing is sent here: it is
owed, as rows of the outbox, and whoever delivers takes it from there.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.answers.catalogue import corpus_of
from bot.answers.library import Library, throwaway_library
from bot.clock import Clock, utc_now
from bot.errors import AnnuncioError, CorpusError, StateError
from bot.news.corrections import Correction, corrections
from bot.news.ingesting import Ingested, put_back, write_editions
from bot.news.matching import Matcher, answers_of
from bot.news.stories import WITHIN, Stories
from bot.news.told import article_of, read_told, write_told
from bot.settings import Settings
from bot.state.audience import Subject
from bot.state.database import in_one_line
from bot.state.kinds import DeliveryKind, Rhythm
from bot.state.opening import State
from corpus.model import Article, Edition
from corpus.reader import render_edition

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


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing an article would do, and nothing done."""

    article: Article
    known: bool
    """Whether just these editions are there already."""
    news: bool
    """Whether it is to be announced, and was not yet."""
    duplicates: tuple[Article, ...]
    """Articles that told the same story before."""
    hears: Mapping[Rhythm, int]
    """How many would hear of it, by how often they want to hear."""
    first: Mapping[Rhythm, datetime]
    """When the first of them would, if it were published now."""
    corrections: tuple[Correction, ...]
    """What it says otherwise than the editions that it takes the place of."""


class Newsroom:
    """Publishes; one for a process, for it remembers what it has read of topics and stories."""

    def __init__(self, answering: "Answering", state: State, now: Clock = utc_now) -> None:
        self._answering = answering
        self._state = state
        self._now = now
        self.matcher = Matcher(answering.encoder, answering.answerer)
        self.stories = Stories(answering.encoder)
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
            await self._catch_up()
            before = await self._corpus()
            undo = _undo(editions, before, at, self._now())
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
                    told.append(await self._tell(library, library.articles[slug], corrected[slug], at))
            return Published(tuple(ingested), tuple(told), undo)

    async def _library(self) -> Library:
        """The current library: reading a changed one takes a core's time."""
        return await asyncio.to_thread(self._answering.catalogue.current)

    async def _corpus(self) -> Mapping[str, Article]:
        """The articles that are there. Raises StateError: whatever is wrong in them is no fault of a new one."""
        try:
            return _by_slug(await asyncio.to_thread(corpus_of, self._answering.settings))
        except CorpusError as error:
            raise StateError(str(error)) from error

    async def keep_up(self, stop: asyncio.Event, every: float = 30.0) -> None:
        """Owe the corrections of what others change, by hand too, and of what an ended process left; until `stop`."""
        seen = ""
        while not stop.is_set():
            digest = (await self._library()).digest
            if digest != seen:
                try:
                    async with self._turn:
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
                owed[slug] = await self._correct(slug, article, library.articles.get(slug), (held or {}).get(slug))
        if before != library.articles:
            await asyncio.to_thread(write_told, folder, library.articles)
        return owed

    async def preview(self, editions: Sequence[Edition], *, at: datetime | None = None) -> tuple[Preview, ...]:
        """What `publish` would do with these editions and this time; an article of several is previewed once."""
        async with self._turn:
            before = await self._corpus()
            return tuple(
                [
                    await self._preview(slug, editions, before.get(slug), at)
                    for slug in dict.fromkeys(edition.slug for edition in editions)
                ]
            )

    async def withdraw(self, undo: str) -> None:
        """Undo: what is still owed is owed no more, and what stood there before stands there again.

        Who was told meanwhile of what stands no longer is owed a correction. What was not said because this said it is
        owed now: the same story, told by others that stand, and answers that others published since then give.
        """
        former = json.loads(undo)
        files: dict[str, str | None] = former["files"]
        at = datetime.fromisoformat(former["at"]) if former["at"] else None
        made = datetime.fromisoformat(former["made"]) if "made" in former else None  # it was not noted always
        async with self._turn:
            slugs = tuple(dict.fromkeys(name.partition("/")[0] for name in files))
            stories = {slug: await self._state.outbox.story_of(slug) for slug in slugs}
            for slug in slugs:  # first: its time may come while the index is built
                await self._state.outbox.withdraw(slug, at)
            await asyncio.to_thread(put_back, self._answering, files)
            await asyncio.to_thread(self._answering.catalogue.refresh)
            await self._catch_up()
            library = await self._library()
            for slug in slugs:
                await self._tell_anew(library, slug, stories[slug])
            if made is not None:
                for slug, moment in (await self._state.outbox.announced_since(made)).items():
                    if slug in library.articles:
                        await self._answer(library.articles[slug], moment)

    def _store(self, editions: Sequence[Edition]) -> list[Ingested]:
        ingested = write_editions(self._answering, editions)
        self._answering.catalogue.refresh()
        self._answering.samples()
        return ingested

    async def _tell(self, library: Library, article: Article, corrected: int, at: datetime | None) -> Told:
        outbox = self._state.outbox
        told = await self._told_near(library, article)
        story = _first_telling(article.slug, await self._telling(library, article, told), told)
        own = await self._own(library, article)
        hears = await outbox.announce(article.slug, article.original.topics, own=own, at=at, story=story)
        if story is not None:  # every message that told it names this article too
            for slug in (slug for slug, tells in told.items() if story in {slug, tells}):
                await outbox.owe_edits(slug, article.slug, at)
        answers = await self._answer(article, at)
        return Told(article.slug, hears, answers, corrected, story)

    async def _tell_anew(self, library: Library, withdrawn: str, story: str | None) -> None:
        """Owe what others tell of the story of an article that is announced no more.

        `story` is the one that it told again itself, where it did.
        """
        standing = [
            library.articles[slug]
            for slug in await self._state.outbox.told_again(withdrawn, story)
            if slug in library.articles
        ]
        subjects = [
            Subject(article.slug, article.original.topics, await self._own(library, article), story or withdrawn)
            for article in standing
        ]
        if subjects:
            await self._state.outbox.tell_anew(withdrawn, subjects, story)

    async def _telling(self, library: Library, article: Article, told: Mapping[str, str | None]) -> str | None:
        """Which of the articles that people were told of tells the story of this one."""
        return await asyncio.to_thread(self.stories.told_before, library, article, told.keys())

    async def _told_near(self, library: Library, article: Article) -> Mapping[str, str | None]:
        """The articles of about the same days that somebody was told of, each with the story that it told again."""
        near = [
            other.slug
            for other in library.newest_first
            if other.slug != article.slug and abs(other.original.published - article.original.published) <= WITHIN
        ]
        return await self._state.outbox.told_of(near)

    async def _own(self, library: Library, article: Article) -> frozenset[int]:
        topics = [topic for topic, _ in await self._state.subscriptions.own_topics()]
        return await asyncio.to_thread(self.matcher.topics_of, library, article, topics)

    async def _answer(self, article: Article, at: datetime | None) -> int:
        """Owe its asker each answer that the article gives to a question that waits."""
        waiting = await self._state.questions.awaited()

        def answered() -> list[tuple[int, str, str | None]]:
            answerer = self._answering.answerer
            return [
                (question.chat_id, str(question.id), None)
                for question in waiting
                if answers_of(answerer, article, question.question, question.language) is not None
            ]

        rows = await asyncio.to_thread(answered) if waiting else []
        return await self._state.outbox.owe(DeliveryKind.ANSWER, article.slug, rows, at) if rows else 0

    async def _correct(self, slug: str, before: Article | None, after: Article | None, at: datetime | None) -> int:
        """Owe those who were shown what stands no longer what stands now; how many."""
        owed = 0
        for change in await asyncio.to_thread(corrections, before, after):
            # Kept though nobody saw it: who is still owed what was said before is told what is said by now.
            kept = await self._state.shown.correct(slug, change.sentence, change.language, change.was, change.now)
            chats = await self._state.shown.who_saw(change.sentence, change.language, change.was)
            if chats:
                rows = [(chat, str(kept.id), None) for chat in chats]
                owed += await self._state.outbox.owe(DeliveryKind.CORRECTION, slug, rows, at)
        return owed

    async def _preview(
        self, slug: str, editions: Sequence[Edition], before: Article | None, at: datetime | None
    ) -> Preview:
        new = {edition.language: edition for edition in editions if edition.slug == slug}
        article = _with(before, new)
        library = await asyncio.to_thread(throwaway_library, [article], self._answering.encoder)
        current = await self._library()
        both = Library({**current.articles, slug: article}, library.search, library.words, library.digest)
        told = await self._told_near(both, article)
        duplicate = await self._telling(both, article, told)
        own = await self._own(library, article)
        news = slug not in _shipped(self._answering.settings) and not await self._state.outbox.is_announced(slug)
        story = _first_telling(slug, duplicate, told)
        hears: Mapping[Rhythm, int] = {}
        first: Mapping[Rhythm, datetime] = {}
        if news:
            hears = await self._state.outbox.audience(article.original.topics, own, story)
            first = await self._state.outbox.first_due(article.original.topics, own, story, at)
        return Preview(
            article=article,
            known=before is not None and all(before.edition(language) == e for language, e in new.items()),
            news=news,
            duplicates=(current.articles[duplicate],) if duplicate is not None else (),
            hears=hears,
            first=first,
            corrections=await asyncio.to_thread(corrections, before, article),
        )


def _first_telling(slug: str, found: str | None, told: Mapping[str, str | None]) -> str | None:
    """The article that told the story of `slug` first, given one that tells it; None where that was `slug` itself."""
    first = None if found is None else told[found] or found
    return None if first == slug else first


def _by_slug(articles: Sequence[Article]) -> dict[str, Article]:
    return {article.slug: article for article in articles}


def _with(before: Article | None, new: Mapping[str, Edition]) -> Article:
    """The article as it will be, the original first."""
    editions = {**({edition.language: edition for edition in before.editions} if before else {}), **new}
    return article_of(editions.values())


def _undo(editions: Sequence[Edition], before: Mapping[str, Article], at: datetime | None, made: datetime) -> str:
    """What stood in the place of each edition, its file or nothing, from when on people were to be told, and when."""
    former = {
        f"{edition.slug}/{edition.language}": before[edition.slug].edition(edition.language)
        if edition.slug in before
        else None
        for edition in editions
    }
    files = {name: render_edition(edition) if edition else None for name, edition in former.items()}
    return json.dumps({"files": files, "at": at.isoformat() if at else None, "made": made.isoformat()})


def _shipped(settings: Settings) -> frozenset[str]:
    """The articles that come with the bot: news to nobody, whatever editions are added to them."""
    if settings.articles_dir is not None:
        return frozenset()
    return frozenset(path.name for path in settings.shipped_articles.iterdir())
