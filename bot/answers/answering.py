"""A question in, an Answer or a Refusal out: language, small talk, encode, search, read, judge.

"Not in the announcement" is a value here, not an exception. Nothing in this module knows a channel or a database, and
all of it is synchronous: callers with an event loop cross to a thread.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.answers.asking import names_something
from bot.answers.evidence import Gate, Verdict, evidence_for, missing_names, places_around
from bot.answers.headlines import headline
from bot.answers.language import detect, primary, wording_of
from bot.answers.library import Library, counterpart, reading_edition
from bot.answers.polarity import Polarity, asks_yes_or_no, polarity
from bot.answers.ranking import Candidate, Query, make_query, rank, reread
from bot.answers.reader import Reader
from bot.answers.selection import listed, rival
from bot.answers.smalltalk import Smalltalk, recognise
from bot.settings import LANGUAGES
from corpus.cleaning import clean_line
from corpus.model import Article, Edition
from index.encoder import Encoder

LONGEST_QUESTION = 500
"""Characters of a question that are read: without a space among them, twice as many keep the encoder for seconds."""
SHOWN = 3
"""Passages given as evidence."""


class Status(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOT_STATED = "not_stated"
    OFF_TOPIC = "off_topic"
    SMALLTALK = "smalltalk"


@dataclass(frozen=True, slots=True)
class Asker:
    """What is known of who asks, all of it optional."""

    chosen: str | None = None
    """The language that they chose: it overrides everything."""
    earlier: str | None = None
    """The language that this chat used before."""
    reported: str | None = None
    """What their client reports, such as "pt-BR"."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that are known of them, the surest first."""
        return tuple(filter(None, map(primary, (self.chosen, self.earlier, self.reported))))


@dataclass(frozen=True, slots=True)
class Proof:
    """A sentence with its place: as the asker reads it, and as the original says it."""

    id: str
    language: str
    text: str
    original_language: str
    original: str
    title: str
    published: date
    source: str
    url: str | None
    similarity: float
    """Cosine with the question, higher is closer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The announcement states it: in the first of `evidence`."""

    question: str
    language: str
    headline: str | None
    """The value asked for, copied from the sentence, where there is exactly one."""
    confidence: float
    """Calibrated probability that the first of `evidence` states the answer, 0 to 1."""
    evidence: tuple[Proof, ...]
    also: tuple[Proof, ...] = ()
    """Sentences shown with the first of `evidence`, at most two, in the order of the text."""
    ambiguous: bool = False
    """Whether those sentences answer two readings of the question."""
    polarity: Polarity | None = None
    """What the first of `evidence` says to a question that wants yes or no, where it says it plainly."""

    @property
    def status(self) -> Status:
        """Always answered."""
        return Status.ANSWERED


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer: not stated (then `evidence` holds what comes nearest), about something else, or small talk."""

    question: str
    language: str
    status: Status
    confidence: float
    evidence: tuple[Proof, ...] = ()
    missing: tuple[str, ...] = ()
    """Names of the question that the announcement never mentions."""
    speaks_of: tuple[str, ...] = ()
    """Continents that it mentions, and that hold the places which it does not."""
    smalltalk: Smalltalk | None = None
    names_nothing: bool = False
    """Whether it has no word of its own that could be searched for: "why?" alone."""


Outcome = Answer | Refusal


def _in_edition(candidate: Candidate, other: Edition) -> str:
    """What another edition says where the candidate stands: the sentence, or the paragraph where no sentence aligns."""
    if other is candidate.edition:
        return candidate.sentence.text
    same = counterpart(candidate.sentence.id, candidate.edition, other)
    if same is not None:
        return same.text
    position = candidate.edition.paragraphs.index(candidate.paragraph)
    return other.paragraphs[position].text(other.language)


def _proof(candidate: Candidate, reader: str) -> Proof:
    original = candidate.article.original
    edition = reading_edition(candidate.article, reader)
    return Proof(
        id=candidate.sentence.id,
        language=edition.language,
        text=_in_edition(candidate, edition),
        original_language=original.language,
        original=_in_edition(candidate, original),
        title=edition.title,
        published=edition.published,
        source=edition.source,
        url=edition.url or original.url,
        similarity=candidate.similarity,
    )


def _beside(first: Proof, others: Iterable[Proof]) -> tuple[Proof, ...]:
    """What is shown with the first, no text twice: an edition may have one paragraph for several sentences."""
    return tuple({proof.text: proof for proof in others if proof.text != first.text}.values())


def _headline(query: Query, best: Candidate, proof: Proof, also: Sequence[Candidate]) -> str | None:
    """What to show above the best sentence; nothing where others stand beside it, or where yes or no is wanted."""
    if also or asks_yes_or_no(query):
        return None
    read = best.read if proof.text == best.sentence.text else None
    return headline(query, proof.text, proof.language, proof.published, read)


class Answerer:
    """Answers from whatever the library holds at the moment of the question."""

    def __init__(
        self, library: Callable[[], Library], encoder: Encoder, gate: Gate, language: str, reader: Reader | None = None
    ) -> None:
        """`gate` must be the one that was trained for evidence with, or without, a reader."""
        self._library = library
        self._encoder = encoder
        self._reader = reader
        self._gate = gate
        self._language = language

    def language_of(self, question: str, asker: Asker) -> str:
        """The language to answer in."""
        chosen = primary(asker.chosen)
        if chosen:
            return chosen
        spoken = [self._language, *(language for language in LANGUAGES if language != self._language)]
        return detect(question, spoken, asker.earlier, asker.reported)

    def wording_of(self, question: str, language: str, asker: Asker) -> str:
        """The language of the question's own words, which its asker need not have chosen to read."""
        return wording_of(question, language, LANGUAGES) if asker.chosen else language

    def weigh(
        self, library: Library, query: Query, articles: Iterable[Article] | None = None
    ) -> tuple[list[Candidate], Verdict] | None:
        """The sentences of the nearest articles (or of those given), best first, and what the gate says of the best.

        None where there is no sentence at all.
        """
        candidates = rank(library, query, articles)
        if not candidates:
            return None
        if self._reader is not None:
            candidates = reread(self._reader, query, candidates)
        return candidates, self._gate.judge(evidence_for(library, query, candidates))

    def answer(self, question: str, asker: Asker | None = None, within: str | None = None) -> Outcome:
        """Answer or refuse; `make bench` says how long it takes. Any text is a valid question.

        `within` is the slug of the one article to answer from.
        """
        asker = asker or Asker()
        text = clean_line(question[: LONGEST_QUESTION * 4])[:LONGEST_QUESTION]
        language = self.language_of(text, asker)
        # A "hello" is said in many languages: of those that have the word, the asker's own is meant.
        chatter = recognise(text, [*asker.languages, language])
        if chatter is not None:
            if not asker.chosen and chatter.language:
                language = chatter.language
            return Refusal(text, language, Status.SMALLTALK, 0.0, smalltalk=chatter.kind)
        library = self._library()
        worded = self.wording_of(text, language, asker)
        if not names_something(text, worded):
            return Refusal(text, language, Status.OFF_TOPIC, 0.0, names_nothing=bool(library.articles))
        query = make_query(text, worded, self._encoder.encode_queries([text])[0])
        articles = None if within is None else [a for a in library.articles.values() if a.slug == within]
        weighed = self.weigh(library, query, articles)
        if weighed is None:
            return Refusal(text, language, Status.OFF_TOPIC, 0.0)
        return self._decide(library, query, *weighed, language)

    def _decide(
        self, library: Library, query: Query, candidates: Sequence[Candidate], verdict: Verdict, language: str
    ) -> Outcome:
        best = candidates[0]
        proofs = tuple(_proof(candidate, language) for candidate in candidates[:SHOWN])
        answered = verdict.confidence >= self._gate.answer_threshold
        if answered:
            other = rival(query, candidates)
            also = listed(query, candidates) if other is None else (other,)
            beside = _beside(proofs[0], (_proof(candidate, language) for candidate in also))
            return Answer(
                question=query.text,
                language=language,
                headline=_headline(query, best, proofs[0], also),
                confidence=verdict.confidence,
                evidence=proofs,
                also=beside,
                ambiguous=other is not None and bool(beside),
                polarity=polarity(query, proofs[0].text, proofs[0].language),
            )
        on_topic = verdict.relevance >= self._gate.topic_threshold
        refusal = Refusal(
            question=query.text,
            language=language,
            status=Status.NOT_STATED if on_topic else Status.OFF_TOPIC,
            confidence=verdict.confidence,
            evidence=proofs,
        )
        if not on_topic:
            return refusal
        missing = missing_names(library, query, best, language)
        return replace(refusal, missing=missing, speaks_of=places_around(library, query, best, language))
