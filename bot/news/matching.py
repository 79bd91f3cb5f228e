"""Which articles belong to a topic in somebody's own words, and which questions that wait an article answers.

A topic is put to the article as a question is: the same ranking, the same reader, the same gate, over this article
alone. It asks for nothing, though, so it has a threshold of its own. Of the tens of thousands of topics and questions
that there may be, only those are put to it that come near one of its sentences: products of matrices tell which.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from bot.answers.answering import Answer, Answerer, Asker, Outcome
from bot.answers.library import Library, counterpart, reading_edition
from bot.answers.ranking import Candidate, Query, make_query, nearest_articles
from bot.chat.following import PREVIEW_DAYS
from bot.clock import Clock, utc_now
from bot.news.phrases import Phrases, clean_phrase
from corpus.model import Article
from index.encoder import Encoder
from index.store import Unit

BELONGS = 0.995
"""Relevance from which on an article belongs to a topic. Found by `benchmarks.topics` on a third of its articles, with
NEAR: all 13 topics that belong are found, 1 of 22 that do not (film festivals, to a jazz festival) is too."""
NEAR = 0.8
"""Cosine of a topic and the nearest sentence below which the reader is not asked."""
ASKED_NEAR = 0.74
"""The same of a question that waits, below the farthest of what is answered (0.749, `benchmarks.topics --crowd`). Few
questions lie farther: it is the articles that lie nearer which leave few of them."""
COMPARED = 4096
"""Topics or questions that are laid beside an article at a time: some 10 MB of vectors and cosines."""


class Asked(Protocol):
    """A question that waits for its answer."""

    @property
    def id(self) -> int:
        """The number of its row."""
        ...

    @property
    def question(self) -> str:
        """As it was typed."""
        ...

    @property
    def language(self) -> str:
        """In which it was asked."""
        ...


class Topic(Protocol):
    """A topic in somebody's own words."""

    @property
    def id(self) -> int:
        """The number of its row."""
        ...

    @property
    def words(self) -> str:
        """As they were typed."""
        ...

    @property
    def language(self) -> str:
        """What the person is spoken to in."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """The sentence by which an article belongs to a topic."""

    candidate: Candidate
    probability: float
    """That the sentence is about what the topic says, 0 to 1."""


class Matcher:
    """Puts topics to articles; remembers what it has embedded."""

    def __init__(self, encoder: Encoder, answerer: Answerer) -> None:
        self._answerer = answerer
        self._phrases = Phrases(encoder)

    def topics_of(self, library: Library, article: Article, topics: Iterable[Topic]) -> frozenset[int]:
        """The topics that the article belongs to, by number; the same words are looked at once."""
        numbers: dict[tuple[str, str], list[int]] = {}
        for topic in topics:
            numbers.setdefault((topic.words, topic.language), []).append(topic.id)
        near = self._near(library, article, [words for words, _ in numbers], NEAR)
        return frozenset(
            number
            for (key, those), close in zip(numbers.items(), near, strict=True)
            if close and self.belongs(library, article, *key)
            for number in those
        )

    def answered_of(self, library: Library, article: Article, waiting: Iterable[Asked]) -> frozenset[int]:
        """The questions that the article answers (see `answers_of`), by number; the same one is looked at once."""
        numbers: dict[tuple[str, str], list[int]] = {}
        for asked in waiting:
            numbers.setdefault((asked.question, asked.language), []).append(asked.id)
        near = self._near(library, article, [question for question, _ in numbers], ASKED_NEAR)
        return frozenset(
            number
            for (key, those), close in zip(numbers.items(), near, strict=True)
            # Where others lie nearer in the library, it is they that anybody is answered from.
            if close and article in nearest_articles(library, self.query(*key))
            if answers_of(self._answerer, article, *key) is not None
            for number in those
        )

    def _near(self, library: Library, article: Article, phrases: Sequence[str], floor: float) -> list[bool]:
        """Which of the phrases have a sentence of the article, in any of its languages, at least so near."""
        if not phrases:
            return []
        sentences = library.search.vectors_of(article.slug, Unit.SENTENCE)
        near: list[bool] = []
        for first in range(0, len(phrases), COMPARED):
            cosines = self._phrases.vectors(phrases[first : first + COMPARED]) @ sentences.T
            near += (cosines.max(axis=1, initial=-1.0) >= floor).tolist()
        return near

    def belongs(self, library: Library, article: Article, words: str, language: str) -> bool:
        """Whether one of the article's passages is about what the words say."""
        return self.match(library, article, words, language) is not None

    def match(self, library: Library, article: Article, words: str, language: str) -> Match | None:
        """The passage of the article that is about what the words say; None where there is none."""
        query = self.query(words, language)
        if self.nearest(library, article, query) < NEAR:
            return None
        weighed = self._answerer.weigh(library, query, [article])
        if weighed is None:
            return None
        candidates, verdict = weighed
        return Match(candidates[0], verdict.relevance) if verdict.relevance >= BELONGS else None

    def would_have_sent(self, library: Library, words: str, language: str, since: date) -> tuple[Match, ...]:
        """For each article published since that day that belongs to the words, its passage, the newest first."""
        recent = (article for article in library.newest_first if article.original.published >= since)
        found = (self.match(library, article, words, language) for article in recent)
        return tuple(match for match in found if match is not None)

    def query(self, words: str, language: str) -> Query:
        """The words ready to be searched for; embedded once."""
        text = clean_phrase(words)
        worded = self._answerer.wording_of(text, language, Asker(chosen=language))
        return make_query(text, worded, self._phrases.vectors([words])[0])

    def nearest(self, library: Library, article: Article, query: Query) -> float:
        """Cosine of the topic and the nearest sentence of the edition that is read for it, -1 to 1."""
        language = reading_edition(article, query.language).language
        hits = library.search.search(query.vector, language=language, unit=Unit.SENTENCE, limit=1, article=article.slug)
        return hits[0].similarity if hits else -1.0


def topic_preview(
    matcher: Matcher, library: Callable[[], Library], now: Clock = utc_now
) -> Callable[[str, str], tuple[tuple[str, date, str], ...]]:
    """What the last 90 days would have sent for words in the language of a reader: title, date and sentence of each."""

    def preview(words: str, language: str) -> tuple[tuple[str, date, str], ...]:
        since = now().date() - timedelta(days=PREVIEW_DAYS)
        found = matcher.would_have_sent(library(), words, language, since)
        return tuple(_as_read(match.candidate, language) for match in found)

    return preview


def _as_read(candidate: Candidate, language: str) -> tuple[str, date, str]:
    """The sentence as the reader's edition has it, or the original where no sentence of that says the same."""
    edition = reading_edition(candidate.article, language)
    same = counterpart(candidate.sentence.id, candidate.edition, edition)
    sentence = candidate.sentence if same is None else same
    return edition.title, edition.published, sentence.text


def answer_in(answerer: Answerer, article: Article, question: str, language: str) -> Answer | None:
    """The answer that an article gives to a question by itself, whatever others say of it; None where it gives none."""
    alone = answerer.answer(question, Asker(chosen=language), within=article.slug)
    return alone if isinstance(alone, Answer) else None


def answers_of(answerer: Answerer, article: Article, question: str, language: str) -> Answer | None:
    """The answer that a new article gives to a question that waited; None where it gives none.

    It must give it alone, and it must be what the bot says to whoever asks the same of all articles. So it is found
    that the answer is owed; until it is sent another article may tell it, too, and better: `answer_in` stands.
    """
    alone = answer_in(answerer, article, question, language)
    if alone is None:
        return None
    return alone if _rests_on(answerer.answer(question, Asker(chosen=language)), article) else None


def _rests_on(outcome: Outcome, article: Article) -> bool:
    """Whether the answer's first sentence is in the article."""
    return isinstance(outcome, Answer) and outcome.evidence[0].id.startswith(f"{article.slug}/")
