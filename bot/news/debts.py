"""What follows from an article: who is owed it, and the story, the answers and the corrections in it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answers.library import Library
from bot.news.corrections import corrections
from bot.news.matching import Matcher
from bot.news.stories import WITHIN, Stories
from bot.state.audience import Subject
from bot.state.kinds import DeliveryKind, Rhythm
from bot.state.opening import State
from corpus.model import Article


@dataclass(frozen=True, slots=True)
class Retelling:
    """Whose story an article tells, of those that people were told of."""

    nearest: str | None
    """The article that tells it in the likest words; None where none does."""
    first: str | None
    """The one that told it first; None where none did, or this article itself."""
    tellings: Sequence[str] = ()
    """All that told it."""


Audience = tuple[Mapping[Rhythm, int], Mapping[Rhythm, datetime]]
"""How many, and when the first of them; by rhythm."""


class Debts:
    """Owes people what an article brings; each as often as it is asked, and nobody anything twice."""

    def __init__(self, matcher: Matcher, stories: Stories, state: State) -> None:
        self._matcher = matcher
        self._stories = stories
        self._state = state

    async def tell(self, library: Library, article: Article, at: datetime | None) -> tuple[int, str | None]:
        """Owe the article to all whom it concerns; how many, and whose story it tells again, if any."""
        outbox = self._state.outbox
        story = await self.story(library, article)
        own = await self.own_topics(library, article)
        hears = await outbox.announce(article.slug, article.original.topics, own=own, at=at, story=story.first)
        for slug in story.tellings:  # every message that told it names this article too
            await outbox.owe_edits(slug, article.slug, at)
        return hears, story.first

    async def tell_anew(self, library: Library, withdrawn: str, story: str | None) -> None:
        """Owe what others tell of the story of an article that is announced no more.

        `story` is the one that it told again itself, where it did.
        """
        standing = [
            library.articles[slug]
            for slug in await self._state.outbox.told_again(withdrawn, story)
            if slug in library.articles
        ]
        subjects = [
            Subject(article.slug, article.original.topics, await self.own_topics(library, article), story or withdrawn)
            for article in standing
        ]
        if subjects:
            await self._state.outbox.tell_anew(withdrawn, subjects, story)

    async def story(self, library: Library, article: Article) -> Retelling:
        """Whose story the article tells."""
        near = [
            other.slug
            for other in library.newest_first
            if other.slug != article.slug and abs(other.original.published - article.original.published) <= WITHIN
        ]
        told = await self._state.outbox.told_of(near)
        nearest = await asyncio.to_thread(self._stories.told_before, library, article, told.keys())
        first = None if nearest is None else told[nearest] or nearest
        if first is None or first == article.slug:
            return Retelling(nearest, None)
        return Retelling(nearest, first, [slug for slug, again in told.items() if first in {slug, again}])

    async def own_topics(self, library: Library, article: Article) -> frozenset[int]:
        """The topics in people's own words that the article belongs to, by number."""
        topics = [topic for topic, _ in await self._state.subscriptions.own_topics()]
        return await asyncio.to_thread(self._matcher.topics_of, library, article, topics)

    async def answer(self, library: Library, article: Article, at: datetime | None) -> int:
        """Owe its asker each answer that the article gives to a question that waits; how many."""
        waiting = await self._state.questions.awaited()
        answered = await asyncio.to_thread(self._matcher.answered_of, library, article, waiting)
        rows = [(question.chat_id, str(question.id), None) for question in waiting if question.id in answered]
        return await self._state.outbox.owe(DeliveryKind.ANSWER, article.slug, rows, at) if rows else 0

    async def correct(self, slug: str, before: Article | None, after: Article | None, at: datetime | None) -> int:
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

    async def audience(self, library: Library, article: Article, story: str | None, at: datetime | None) -> Audience:
        """Who would hear of it and when the first of them, by how often they want to hear."""
        topics, outbox = article.original.topics, self._state.outbox
        own = await self.own_topics(library, article)
        return await outbox.audience(topics, own, story), await outbox.first_due(topics, own, story, at)
