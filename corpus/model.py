"""The nouns of a corpus: an Article has Editions, an Edition has Paragraphs, a Paragraph has Sentences.

Everything is frozen; ids are derived, never given: `<slug>/p<k>` for a paragraph and `<slug>/p<k>/s<j>` for a
sentence, counted from 1 and the same in every edition.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th"})
"""Languages that write sentences one after the other without a space."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an edition, the smallest thing that can be an answer."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that belong together; `heading` is the headline over them, which states no fact itself."""

    id: str
    sentences: tuple[Sentence, ...]
    heading: str | None = None

    def text(self, language: str) -> str:
        """The paragraph in one line, spaced as its language is."""
        separator = "" if language in UNSPACED_LANGUAGES else " "
        return separator.join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Edition:
    """An article in one language."""

    slug: str
    language: str
    original: str
    """The language that the editions of this article are translated from."""
    title: str
    published: date
    source: str
    paragraphs: tuple[Paragraph, ...]
    url: str | None = None
    topics: tuple[str, ...] = ("news",)
    questions: tuple[str, ...] = ()
    """Questions that a reader might ask first, in this language; shown only where they are answered."""

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences, in the order of the text."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph.sentences)

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of everything that the edition says: equal content, equal digest."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Article:
    """One announcement in all its editions, the original first, then by language code."""

    slug: str
    editions: tuple[Edition, ...]

    @property
    def original(self) -> Edition:
        """The edition that the others are translated from; the first one where that is not at hand."""
        return self.editions[0]

    def edition(self, language: str) -> Edition | None:
        """The edition in `language`, or None."""
        return next((edition for edition in self.editions if edition.language == language), None)
