"""The operator's one command: a text, a page or a file becomes an edition, is indexed, and subscribers hear of it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bot.app import Answering
from bot.catalogue import build, corpus_of
from bot.errors import SourceError
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
    """Store new or changed editions and bring the index up to them; the same edition twice changes nothing.

    All or none: where one of them is refused, none is stored.
    """
    settings = answering.settings
    _check_apart(editions)
    known = {(e.slug, e.language): e.digest for article in corpus_of(settings) for e in article.editions}
    ingested: list[Ingested] = []
    replaced: list[tuple[Path, bytes | None]] = []
    try:
        for edition in editions:
            same = known.get((edition.slug, edition.language)) == edition.digest
            if not same:
                path = settings.own_articles / edition.slug / f"{edition.language}.md"
                replaced.append((path, path.read_bytes() if path.is_file() else None))
                write_edition(edition, settings.own_articles)
                known[edition.slug, edition.language] = edition.digest
            ingested.append(Ingested(edition, same))
        build(settings, answering.encoder)
    except BaseException:
        for path, content in reversed(replaced):
            _put_back(path, content)
        raise
    return ingested


def _check_apart(editions: Sequence[Edition]) -> None:
    """Two texts must not overwrite each other, as two files with one --title would."""
    apart: dict[tuple[str, str], str] = {}
    for edition in editions:
        if apart.setdefault((edition.slug, edition.language), edition.digest) != edition.digest:
            raise SourceError(
                f"two of these texts would become the same article {edition.slug}/{edition.language}: "
                "ingest them one by one, each with a --title of its own"
            )


def _put_back(path: Path, content: bytes | None) -> None:
    """The file as it was before, its folder gone again if it was made for it."""
    if content is not None:
        path.write_bytes(content)
        return
    path.unlink(missing_ok=True)
    with suppress(OSError):  # other editions lie there, or it was never made
        path.parent.rmdir()


async def announce(settings: Settings, editions: Sequence[Edition]) -> dict[str, int]:
    """Owe each article to every subscriber, once for ever; gives how many hear of each slug.

    The articles that come with the bot are not news to anyone, whatever editions are added to them.
    """
    shipped = {path.name for path in settings.shipped_articles.iterdir()} if settings.articles_dir is None else set()
    topics = {edition.slug: edition.topics for edition in editions if edition.slug not in shipped}
    async with await open_subscriptions(settings.database) as subscriptions:
        return {slug: await subscriptions.announce(slug, of_article) for slug, of_article in topics.items()}
