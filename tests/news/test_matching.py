"""Own topics and questions that wait, put to an article by the gate."""

from dataclasses import dataclass
from datetime import date

import pytest

from bot.answers.answering import Answer, Answerer
from bot.answers.library import Library
from bot.news import matching, phrases
from bot.news.matching import Matcher, answer_in, answers_of
from corpus.model import Article
from tests.answerers import word_answerer, word_library
from tests.articles import article
from tests.encoders import WordEncoder

DEPOT = article("depot", {"en": [["Acme opens a depot in Turin.", "It has room for lorries."]]}, title="Acme", day=5)
PRICES = article("prices", {"en": [["Ticket prices rise to 20 euros."]]}, title="Prices", day=3)
OLD = article("old", {"en": [["The old depot in Turin was closed."]]}, title="Old", day=1)


@dataclass(frozen=True, slots=True)
class Words:
    """A topic that somebody typed."""

    id: int
    words: str
    language: str = "en"


@pytest.fixture
def encoder() -> WordEncoder:
    """Knows a few words."""
    return WordEncoder("depot", "turin", "lorries", "ticket", "prices", "euros")


@pytest.fixture
def library(encoder: WordEncoder) -> Library:
    """Three articles."""
    return word_library([DEPOT, PRICES, OLD], encoder)


@pytest.fixture
def answerer(library: Library, encoder: WordEncoder) -> Answerer:
    """Goes by the words."""
    return word_answerer(lambda: library, encoder)


@pytest.fixture
def matcher(encoder: WordEncoder, answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> Matcher:
    """With thresholds that fit this encoder."""
    monkeypatch.setattr(matching, "NEAR", 0.3)
    monkeypatch.setattr(matching, "ASKED_NEAR", 0.3)
    monkeypatch.setattr(matching, "BELONGS", 0.5)
    return Matcher(encoder, answerer)


def test_an_article_belongs_to_the_topics_that_its_passages_are_about(library: Library, matcher: Matcher) -> None:
    """Each topic is judged by the passages of this article alone."""
    topics = [Words(1, "depot Turin"), Words(2, "ticket prices"), Words(3, "elections"), Words(4, "lorries")]
    assert matcher.topics_of(library, DEPOT, topics) == {1, 4}
    assert matcher.topics_of(library, PRICES, topics) == {2}


def test_the_same_words_are_looked_at_once(library: Library, matcher: Matcher, encoder: WordEncoder) -> None:
    """A thousand people who follow the same words cost as much as one, and the words are embedded once for ever."""
    asked: list[str] = []
    embed = encoder.encode_queries
    encoder.encode_queries = lambda texts: asked.extend(texts) or embed(texts)  # type: ignore[method-assign,func-returns-value]  # counts what is embedded
    topics = [Words(number, "depot Turin") for number in range(1000)]
    assert matcher.topics_of(library, DEPOT, topics) == set(range(1000))
    matcher.topics_of(library, PRICES, topics)
    assert asked == ["depot Turin"]


def test_what_is_far_is_not_weighed(
    library: Library, matcher: Matcher, answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no sentence comes near the topic, neither the reader nor the gate is asked."""

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(answerer, "weigh", refuse)
    assert not matcher.belongs(library, DEPOT, "ticket prices", "en")


def test_what_a_topic_would_have_sent(library: Library, matcher: Matcher) -> None:
    """Each recent article that belongs, the newest first, with the passage that it belongs by."""
    found = matcher.would_have_sent(library, "depot Turin", "en", date(2025, 1, 1))
    assert [(match.candidate.article.slug, match.candidate.sentence.id) for match in found] == [
        ("depot", "depot/p1/s1"),
        ("old", "old/p1/s1"),
    ]
    assert [
        m.candidate.article.slug for m in matcher.would_have_sent(library, "depot Turin", "en", date(2025, 1, 2))
    ] == ["depot"]
    assert matcher.would_have_sent(library, "elections", "en", date(2025, 1, 1)) == ()


def test_a_question_that_waits_is_answered_by_the_article(answerer: Answerer) -> None:
    """The answer is the article's own, and the one that anybody would get."""
    answer = answers_of(answerer, PRICES, "What are the ticket prices in euros?", "en")
    assert isinstance(answer, Answer)
    assert answer.evidence[0].id == "prices/p1/s1"
    assert answers_of(answerer, DEPOT, "What are the ticket prices in euros?", "en") is None


def test_what_another_article_answers_better_is_not_answered_anew(encoder: WordEncoder) -> None:
    """Where the bot would answer from another article, the new one has not brought the answer, though it gives it."""
    better = article("better", {"en": [["The depot in Turin has room for 40 lorries."]]})
    articles: list[Article] = [DEPOT, better]
    both = word_library(articles, encoder)
    answerer = word_answerer(lambda: both, encoder)
    question = "Are there lorries in the depot in Turin?"
    assert answers_of(answerer, better, question, "en") is not None
    assert answers_of(answerer, DEPOT, question, "en") is None
    assert answer_in(answerer, DEPOT, question, "en") is not None


@pytest.mark.parametrize("words", ["", "?", "🚗", "x" * 5000, "\x00"])
def test_any_words_are_a_topic(library: Library, matcher: Matcher, words: str) -> None:
    """Whatever was typed, it is judged; what says nothing belongs nowhere."""
    assert not matcher.belongs(library, DEPOT, words, "en")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that somebody waits for the answer to."""

    id: int
    question: str
    language: str = "en"


def test_the_questions_that_an_article_answers(library: Library, matcher: Matcher) -> None:
    """Those which the article answers, by number, whoever else asked the same."""
    waiting = [
        Question(1, "What are the ticket prices in euros?"),
        Question(2, "Who won the elections?"),
        Question(3, "What are the ticket prices in euros?"),
    ]
    assert matcher.answered_of(library, PRICES, waiting) == {1, 3}
    assert matcher.answered_of(library, DEPOT, waiting) == frozenset()


def test_few_of_many_are_put_to_the_gate(
    library: Library,
    matcher: Matcher,
    encoder: WordEncoder,
    answerer: Answerer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of twenty thousand topics and questions that come near no sentence none is weighed; each is embedded once, many
    at a time, however often articles are published."""
    calls: list[int] = []
    embed = encoder.encode_queries
    encoder.encode_queries = lambda texts: calls.append(len(texts)) or embed(texts)  # type: ignore[method-assign,func-returns-value]  # counts what is embedded

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(answerer, "weigh", refuse)
    topics = [Words(number, f"elections of {number}") for number in range(20_000)]
    waiting = [Question(number, f"Who won the elections of {number}?") for number in range(20_000)]
    for article_of_day in (DEPOT, PRICES):
        assert matcher.topics_of(library, article_of_day, topics) == frozenset()
        assert matcher.answered_of(library, article_of_day, waiting) == frozenset()
    assert sum(calls) == 40_000
    assert len(calls) < 400


def test_a_question_may_be_near_an_edition_that_its_asker_does_not_read(encoder: WordEncoder) -> None:
    """What is near is looked for in all languages of the article, for nobody is to miss what an edition says."""
    both = article("both", {"it": [["Il depot di turin ha lorries."]], "en": [["Acme speaks of something."]]})
    library = word_library([both], encoder)
    matcher = Matcher(encoder, word_answerer(lambda: library, encoder))
    assert matcher._near(library, both, ["depot turin lorries", "ticket"], 0.9) == [True, False]


def test_only_the_last_phrases_are_remembered(encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that nobody has used for the longest are let go, and embedded anew when they are wanted."""
    monkeypatch.setattr(phrases, "REMEMBERED", 2)
    remembering = phrases.Phrases(encoder)
    calls: list[list[str]] = []
    embed = encoder.encode_queries
    encoder.encode_queries = lambda texts: calls.append(list(texts)) or embed(texts)  # type: ignore[method-assign,func-returns-value]  # counts what is embedded
    for wanted in (["depot", "turin"], ["depot"], ["euros"], ["depot", "turin"], []):
        assert remembering.vectors(wanted).shape == (len(wanted), encoder.dimension)
    assert calls == [["depot", "turin"], ["euros"], ["turin"]]
