"""The operator's one command: a text, a page or a file becomes an edition, is indexed, and subscribers hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.app import Answering
from bot.catalogue import build, corpus_of
from bot.language import detect, primary
from bot.settings import LANGUAGES, Settings
from bot.subscriptions import open_subscriptions
from corpus.model import Edition
from corpus.reader import write_edition
from corpus.sources import Draft, open_source, to_edition


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator said of the article; None where it is to be found in it."""

    language: str | None = None
    title: str | None = None
    published: date | None = None
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one source."""

    edition: Edition
    known: bool
    """Whether just this edition was there already."""


def edition_from(place: str, given: Given) -> Edition:
    """Read one file or address. Raises SourceError or CorpusError; nothing is written."""
    draft = open_source(place).fetch()
    language = given.language or _language_of(draft)
    return to_edition(
        draft,
        language=language,
        today=datetime.now(tz=UTC).date(),
        title=given.title,
        published=given.published,
        topics=given.topics,
    )


def _language_of(draft: Draft) -> str:
    """Found in the text itself; what a page says of its own language only tips the balance."""
    return detect(draft.text, LANGUAGES, reported=primary(draft.language))


def write_editions(answering: Answering, editions: Sequence[Edition]) -> list[Ingested]:
    """Store new or changed editions and bring the index up to them; the same edition twice changes nothing."""
    settings = answering.settings
    before = {(e.slug, e.language): e.digest for article in corpus_of(settings) for e in article.editions}
    written = []
    for edition in editions:
        known = before.get((edition.slug, edition.language)) == edition.digest
        if not known:
            write_edition(edition, settings.own_articles)
        written.append(Ingested(edition, known))
    build(settings, answering.encoder)
    return written


async def announce(settings: Settings, editions: Sequence[Edition]) -> dict[str, int]:
    """Owe each article to every subscriber, once for ever; gives how many hear of each slug.

    The articles that come with the bot are not news to anyone, whatever editions are added to them.
    """
    shipped = {path.name for path in settings.shipped_articles.iterdir()} if settings.articles_dir is None else set()
    async with await open_subscriptions(settings.database) as subscriptions:
        return {
            edition.slug: await subscriptions.announce(edition.slug, edition.topics)
            for edition in editions
            if edition.slug not in shipped
        }
