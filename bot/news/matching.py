"""Which articles belong to a topic in somebody's own words, and which questions that wait an article answers.

A topic is put to the article as a question is: the same ranking, the same reader, the same gate, over this article
alone. It asks for nothing, though, so it has a threshold of its own.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from bot.answers.answering import LONGEST_QUESTION, Answer, Answerer, Asker, Outcome
from bot.answers.library import Library, counterpart, reading_edition
from bot.answers.ranking import Candidate, Query, make_query
from bot.chat.following import PREVIEW_DAYS
from bot.clock import Clock, utc_now
from corpus.cleaning import clean_line
from corpus.model import Article
from index.encoder import Encoder
from index.store import Unit

BELONGS = 0.995
"""Relevance from which on an article belongs to a topic. Found by `benchmarks.topics` on a third of its articles, with
NEAR: all 13 topics that belong are found, 1 of 22 that do not (film festivals, to a jazz festival) is too."""
NEAR = 0.8
"""Cosine of a topic and the nearest sentence below which the reader is not asked."""
REMEMBERED = 10_000
"""Topics whose vectors are kept, some 1.5 kB each."""


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
        self._encoder = encoder
        self._answerer = answerer
        self._turn = threading.Lock()
        self._queries: OrderedDict[tuple[str, str], Query] = OrderedDict()

    def topics_of(self, library: Library, article: Article, topics: Iterable[Topic]) -> frozenset[int]:
        """The topics that the article belongs to, by number; the same words are looked at once."""
        found: dict[tuple[str, str], bool] = {}
        belonging = set()
        for topic in topics:
            key = (topic.words, topic.language)
            if key not in found:
                found[key] = self.belongs(library, article, *key)
            if found[key]:
                belonging.add(topic.id)
        return frozenset(belonging)

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
        """The topic ready to be searched for; embedded once."""
        with self._turn:
            query = self._queries.pop((words, language), None) or self._embedded(words, language)
            self._queries[words, language] = query
            while len(self._queries) > REMEMBERED:
                self._queries.popitem(last=False)
            return query

    def _embedded(self, words: str, language: str) -> Query:
        text = clean_line(words[: LONGEST_QUESTION * 4])[:LONGEST_QUESTION]
        worded = self._answerer.wording_of(text, language, Asker(chosen=language))
        return make_query(text, worded, self._encoder.encode_queries([text])[0])

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
