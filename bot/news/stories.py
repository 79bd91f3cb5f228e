"""Whether an article tells a story that was told before, in another language or by another source.

Two tellings lie close together as texts and agree in their figures. A company's next story has its name and its trade
in common with the one before, but not its figures; where there are too few of them to tell, it is another story: one
message too many loses nothing, one too few does. A text that comes again word for word, as a page does that moved to
another address, needs no figures. The thresholds were chosen by `python -m benchmarks.stories`.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from bot.answers.library import Library
from bot.answers.relative import relatives
from bot.answers.values import dates, durations, names, quantities
from bot.answers.wording import CAPITALS, bare, fold, terms
from bot.answers.written import question_names
from corpus.model import Article, Edition
from index.encoder import Encoder, Vectors

WITHIN = timedelta(days=14)
"""Days between two tellings of one story at most."""
OPENING = 2
"""Paragraphs that a telling is known by, after its title: what every text of a company ends in is not among them."""
CLOSE = 0.85
"""Cosine of two openings from which on they may be one story."""
AGREEING = 0.6
"""Share of the figures of the opening with fewer that the other must have."""
FEWEST = 2
"""Figures that both must have."""
REMEMBERED = 1_000
"""Editions whose gists are kept."""
_FIGURES = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")
_OF_A_NAME = re.compile(rf"\S [{CAPITALS}][\w-]* $")
"""The 125 of "Kite 125" counts nothing."""
_YEAR = re.compile(r"(?:19|20)\d\d")
"""Years are in every other announcement."""
_SHORTEST = 4
"""Letters of a name that may be compared across languages."""


@dataclass(frozen=True, slots=True, eq=False)
class Gist:
    """What an edition is known by: its opening as a vector (dimension,), and what is said there."""

    vector: Vectors = field(repr=False)
    figures: frozenset[str]
    names: frozenset[str]
    text: str
    """Digest of the title and the whole text, bare; empty where a sentence says "tomorrow" or the like: another day it
    says something else."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two tellings have in common."""

    cosine: float
    agreement: float
    """Share of the figures of the one with fewer that the other has, 0 to 1."""
    shared: int
    """How many figures those are."""
    names: int
    """How many names both have."""
    word_for_word: bool = False
    """Whether they are the same text, from the title to the end."""

    @property
    def one_story(self) -> bool:
        """Whether it is enough for one story."""
        if self.word_for_word:
            return True
        named = self.names > 0 or self.shared > FEWEST  # a city has another name elsewhere
        return self.cosine >= CLOSE and self.shared >= FEWEST and self.agreement >= AGREEING and named


def gist_of(edition: Edition, vector: Vectors) -> Gist:
    """The gist of an edition whose opening has this vector."""
    texts = [edition.title, *(s.text for paragraph in edition.paragraphs[:OPENING] for s in paragraph.sentences)]
    return Gist(
        vector=vector,
        figures=frozenset(figure for text in texts for figure in _figures(text, edition.language)),
        names=frozenset(name for text in texts for name in _names(text, edition.language)),
        text=_lasting(edition),
    )


def _lasting(edition: Edition) -> str:
    """See `Gist.text`."""
    texts = [edition.title, *(sentence.text for sentence in edition.sentences)]
    if any(relatives(text, edition.language, edition.published, edition.language) for text in texts):
        return ""
    return hashlib.sha256("\n".join(map(bare, texts)).encode()).hexdigest()


def opening_of(edition: Edition) -> str:
    """What is embedded of it: title and first paragraph."""
    return f"{edition.title}. {edition.paragraphs[0].text(edition.language)}"


def likeness(one: Gist, other: Gist) -> Likeness:
    """Lay two tellings side by side."""
    shared = len(one.figures & other.figures)
    agreement = shared / max(1, min(len(one.figures), len(other.figures)))
    again = bool(one.text) and one.text == other.text
    return Likeness(float(one.vector @ other.vector), agreement, shared, len(one.names & other.names), again)


class Stories:
    """Compares articles; remembers what it has read of each."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._turn = threading.Lock()
        self._gists: OrderedDict[str, Gist] = OrderedDict()

    def told_before(self, library: Library, article: Article, slugs: Collection[str]) -> str | None:
        """Which of some articles told the story of this one; the likeliest, None where none did."""
        alike = {
            slug: self.compared(article, library.articles[slug])
            for slug in slugs
            if slug in library.articles and slug != article.slug and _near(article, library.articles[slug])
        }
        same = [slug for slug, found in alike.items() if found.one_story]
        return max(same, key=lambda slug: (alike[slug].cosine, slug), default=None)

    def tellings(self, library: Library, article: Article) -> tuple[Article, ...]:
        """The other articles that tell the story of this one, the first published first."""
        return tuple(
            other
            for other in reversed(library.newest_first)
            if other.slug != article.slug and _near(article, other) and self.compared(article, other).one_story
        )

    def compared(self, one: Article, other: Article) -> Likeness:
        """The two editions that are most alike: those of one language, as a rule."""
        return max(
            (likeness(self._gist(here), self._gist(there)) for here in one.editions for there in other.editions),
            key=lambda found: (found.one_story, found.cosine),
        )

    def _gist(self, edition: Edition) -> Gist:
        digest = edition.digest
        with self._turn:
            gist = self._gists.pop(digest, None)
            if gist is None:
                gist = gist_of(edition, self._encoder.encode_passages([opening_of(edition)])[0])
            self._gists[digest] = gist
            while len(self._gists) > REMEMBERED:
                self._gists.popitem(last=False)
            return gist


def _near(one: Article, other: Article) -> bool:
    return abs(one.original.published - other.original.published) <= WITHIN


def _figures(text: str, language: str) -> Iterator[str]:
    """Digits only; those of a date apart from other numbers."""
    for value in dates(text, language):
        yield from (
            f"date {digits}" for digits in _digits(text[value.start : value.end]) if not _YEAR.fullmatch(digits)
        )
    for value in (*durations(text, language), *quantities(text, language)):
        if not _OF_A_NAME.search(text[: value.start]):
            yield from (digits for digits in _digits(text[value.start : value.end]) if len(digits) > 1)


def _digits(text: str) -> Iterator[str]:
    return ("".join(filter(str.isdigit, figure)) for figure in _FIGURES.findall(text))


def _names(text: str, language: str) -> Iterator[str]:
    """The words of its names, in Latin letters: those stay as they are in other languages."""
    found = [*(value.text for value in names(text, language)), *question_names(text, language)]
    return (word for name in found for word in terms(name) if len(word) >= _SHORTEST and fold(word).isascii())
