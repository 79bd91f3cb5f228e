"""A text, a page or a file becomes an edition, is stored and indexed; `bot.news.publishing` tells people of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answers.catalogue import build, corpus_of
from bot.errors import SourceError, StateError
from bot.news.drafting import Given, edition_of
from corpus.model import Edition
from corpus.reader import write_edition
from corpus.sources import open_source

if TYPE_CHECKING:
    from bot.answers.opening import Answering

__all__ = ["Given", "Ingested", "edition_from", "put_back", "write_editions"]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one source."""

    edition: Edition
    known: bool
    """Whether just this edition was there already."""


def edition_from(place: str, given: Given) -> Edition:
    """Read one file or address. Raises SourceError or CorpusError; nothing is written."""
    return edition_of(open_source(place).fetch(), given)


def write_editions(answering: "Answering", editions: Sequence[Edition]) -> list[Ingested]:
    """Store new or changed editions and bring the index up to them; the same edition twice changes nothing.

    All or none: where one of them is refused, none is stored.
    """
    settings = answering.settings
    _check_apart(editions)
    known = {(e.slug, e.language): e.digest for article in corpus_of(settings) for e in article.editions}
    ingested: list[Ingested] = []
    with _all_or_none() as about_to_replace:
        for edition in editions:
            same = known.get((edition.slug, edition.language)) == edition.digest
            if not same:
                about_to_replace(settings.own_articles / edition.slug / f"{edition.language}.md")
                write_edition(edition, settings.own_articles)
                known[edition.slug, edition.language] = edition.digest
            ingested.append(Ingested(edition, same))
        build(settings, answering.encoder)
    return ingested


@contextmanager
def _all_or_none() -> Iterator[Callable[[Path], None]]:
    """Gives a function to name each file to before it is replaced: where the block fails, all are as they were."""
    replaced: list[tuple[Path, bytes | None]] = []
    try:
        yield lambda path: replaced.append((path, path.read_bytes() if path.is_file() else None))
    except BaseException:  # an interruption, too, must not leave half of it
        for path, content in reversed(replaced):
            _put_back(path, content)
        raise


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
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    path.unlink(missing_ok=True)
    with suppress(OSError):  # other editions lie there, or it was never made
        path.parent.rmdir()


def put_back(answering: "Answering", files: Mapping[str, str | None]) -> None:
    """Put edition files back as they were, each `<slug>/<language>` with its text or None, and the index with them.

    All or none. Raises CorpusError where the articles would not fit together, and StateError.
    """
    folder = answering.settings.own_articles
    try:
        with _all_or_none() as about_to_replace:
            for name, text in files.items():
                path = folder / f"{name}.md"
                about_to_replace(path)
                _put_back(path, text.encode() if text is not None else None)
            build(answering.settings, answering.encoder)
    except OSError as error:
        raise StateError(f"{folder} cannot be written ({error.strerror or error}): make room there") from error
