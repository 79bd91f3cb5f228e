"""From a draft to an edition: what was said of it wins, the rest is found in the text itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.answers.language import detect, primary
from bot.settings import LANGUAGES
from corpus.draft import Draft, to_edition
from corpus.model import Edition


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator said of the article; None where it is to be found in it."""

    language: str | None = None
    title: str | None = None
    published: date | None = None
    topics: tuple[str, ...] | None = None


def edition_of(draft: Draft, given: Given | None = None, slug: str | None = None) -> Edition:
    """The edition, as part of the article `slug` where one is given. Raises SourceError; nothing is written."""
    given = given or Given()
    return to_edition(
        draft,
        language=given.language or _language_of(draft),
        today=datetime.now(tz=UTC).date(),
        title=given.title,
        published=given.published,
        topics=given.topics,
        slug=slug,
    )


def _language_of(draft: Draft) -> str:
    """As an edition says, else found in the text; what a page says of its own language only tips the balance."""
    if draft.edition is not None:
        return draft.edition.language
    return detect(draft.text, LANGUAGES, reported=primary(draft.language))
