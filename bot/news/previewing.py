"""What publishing an article would do, and nothing done."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answers.library import Library, throwaway_library
from bot.news.corrections import Correction, corrections
from bot.news.debts import Audience, Debts
from bot.news.told import article_of
from bot.state.kinds import Rhythm
from corpus.model import Article, Edition
from index.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing an article would do."""

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


async def preview_of(
    editions: Sequence[Edition],
    before: Article | None,
    library: Library,
    debts: Debts,
    encoder: Encoder,
    news: bool,
    at: datetime | None,
) -> Preview:
    """What publishing these editions of one article would do, with what is there of it `before`, nobody told before
    `at`, and nobody at all where it is no `news`."""
    there = {edition.language: edition for edition in before.editions} if before is not None else {}
    new = {edition.language: edition for edition in editions}
    article = article_of({**there, **new}.values())
    alone = await asyncio.to_thread(throwaway_library, [article], encoder)
    both = Library({**library.articles, article.slug: article}, alone.search, alone.words, alone.digest)
    story = await debts.story(both, article)
    nobody: Audience = ({}, {})
    hears, first = await debts.audience(both, article, story.first, at) if news else nobody
    return Preview(
        article=article,
        known=all(there.get(language) == edition for language, edition in new.items()),
        news=news,
        duplicates=(library.articles[story.nearest],) if story.nearest is not None else (),
        hears=hears,
        first=first,
        corrections=await asyncio.to_thread(corrections, before, article),
    )
