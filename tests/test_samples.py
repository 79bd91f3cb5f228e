"""Questions on buttons: each one is answered, in each language, and a stale list is never offered."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers.answering import Answer, Answerer, Asker, Outcome, Proof, Refusal, Status
from bot.answers.evidence import Gate, packaged_gate
from bot.answers.library import Library, library_of
from bot.answers.opening import Answering
from bot.answers.samples import (
    EACH,
    FILE,
    MARGIN,
    NEWEST,
    Samples,
    check_samples,
    current_samples,
    question_token,
    read_samples,
    write_samples,
)
from bot.settings import LANGUAGES
from bot.texts import phrasebook
from corpus.model import Article
from index.store import FaissStore
from tests.articles import article
from tests.encoders import WordEncoder

SHIPPED = "2025-09-24-xiaomi-cars-abroad"
SAMPLES = Samples(
    "d1",
    {
        "new": {"en": ["Who?", "Why?"], "it": ["Chi?"]},
        "old": {"en": ["When?"], "it": []},
    },
)


class Oracle(Answerer):
    """Answers the questions it was told to, from the sentence and with the confidence it was told; counts its work."""

    def __init__(self, known: Mapping[tuple[str, str], tuple[str, float]]) -> None:
        super().__init__(lambda: library(), WordEncoder(), packaged_gate(reader=False), "en")
        self.known = known
        self.asked: list[tuple[str, str | None]] = []

    def answer(self, question: str, asker: Asker | None = None, within: str | None = None) -> Outcome:
        """See Answerer; a question that it was not told is about something else."""
        del within
        language = asker.chosen if asker else None
        self.asked.append((question, language))
        if (question, language or "") not in self.known:
            return Refusal(question, language or "en", Status.OFF_TOPIC, 0.0)
        sentence, confidence = self.known[question, language or ""]
        published = article("a", {"en": [["x"]]}).original.published
        proof = Proof(sentence, "en", "T.", "en", "T.", "T", published, "S", None, 0.9)
        return Answer(question, language or "en", None, confidence, (proof,))


def library(*articles: Article, digest: str = "d1") -> Library:
    """These articles, with nothing to search in."""
    return library_of(articles, FaissStore.empty(1), digest)


def gate(threshold: float) -> Gate:
    """The packaged gate with another threshold."""
    return replace(packaged_gate(reader=False), answer_threshold=threshold)


def asking(slug: str, *questions: str, day: int = 1) -> Article:
    """An English article that brings these questions."""
    plain = article(slug, {"en": [["One."], ["Two."]]}, day=day)
    return replace(plain, editions=(replace(plain.original, questions=questions),))


def test_every_shipped_sample_is_answered(answering: Answering) -> None:
    """Each button of the shipped announcement, in each language, ends in an answer from that article."""
    samples = answering.samples()
    for language in LANGUAGES:
        questions = samples.in_language(language)
        assert len(questions) >= 2, language
        for question in questions:
            outcome = answering.answerer.answer(question, Asker(chosen=language))
            assert isinstance(outcome, Answer), (language, question)
            assert outcome.evidence[0].id.startswith(f"{SHIPPED}/")


def test_no_two_samples_have_the_same_answer(answering: Answering) -> None:
    """The questions offered in a language rest on different sentences."""
    for language in LANGUAGES:
        outcomes = [
            answering.answerer.answer(question, Asker(chosen=language))
            for question in answering.samples().in_language(language)
        ]
        ids = [outcome.evidence[0].id for outcome in outcomes]
        assert len(ids) == len(set(ids)), language


def test_only_confident_questions_are_kept() -> None:
    """Kept is what is answered well above the threshold, by the article itself, by a sentence of its own."""
    oracle = Oracle(
        {
            ("Sure?", "en"): ("a/p1/s1", 0.9),
            ("Barely?", "en"): ("a/p2/s1", 0.5 + MARGIN / 2),
            ("Just so?", "en"): ("a/p2/s1", 0.5 + MARGIN),
            ("Same?", "en"): ("a/p1/s1", 0.95),
            ("Other article?", "en"): ("b/p1/s1", 0.99),
        }
    )
    news = asking("a", "Sure?", "Barely?", "Same?", "Other article?", "Unknown?", "Just so?")
    assert check_samples(library(news), oracle, gate(0.5)).by_article["a"]["en"] == ["Sure?", "Just so?"]


def test_a_threshold_of_one_can_be_met() -> None:
    """Where the operator asks for certainty, a certain answer is still kept."""
    oracle = Oracle({("Sure?", "en"): ("a/p1/s1", 1.0)})
    assert check_samples(library(asking("a", "Sure?")), oracle, gate(1.0)).by_article["a"]["en"] == ["Sure?"]


def test_general_questions_are_tried_where_an_edition_brings_none() -> None:
    """Each language tries its own general questions, also on an article without an edition in it."""
    general = phrasebook("zh").samples["pool"][0]
    oracle = Oracle({(general, "zh"): ("a/p1/s1", 0.9)})
    checked = check_samples(library(asking("a")), oracle, gate(0.5))
    assert checked.by_article["a"] == {language: [general] if language == "zh" else [] for language in LANGUAGES}
    assert set(phrasebook("it").samples["pool"]) <= {question for question, _ in oracle.asked}


def test_the_newest_articles_come_first_and_few_are_kept() -> None:
    """Questions are kept of the newest articles only, so that a long history costs nothing."""
    articles = [asking(f"a{day}", f"{day}?", day=day) for day in range(1, NEWEST + 3)]
    oracle = Oracle({(f"{day}?", "en"): (f"a{day}/p1/s1", 0.9) for day in range(1, NEWEST + 3)})
    checked = check_samples(library(*articles), oracle, gate(0.5))
    assert checked.in_language("en") == tuple(f"{day}?" for day in range(NEWEST + 2, 2, -1))


def test_an_article_keeps_few_questions() -> None:
    """Of many good questions the first ones of the article are kept."""
    questions = [f"{n}?" for n in range(EACH + 3)]
    oracle = Oracle({(q, "en"): (f"a/p1/s{n}", 0.9) for n, q in enumerate(questions)})
    assert check_samples(library(asking("a", *questions)), oracle, gate(0.5)).by_article["a"]["en"] == questions[:EACH]


def test_questions_by_language() -> None:
    """Those of the newest article come first; an asker of a language without texts is offered English ones."""
    assert SAMPLES.in_language("en") == ("Who?", "Why?", "When?")
    assert SAMPLES.in_language("it") == ("Chi?",)
    assert SAMPLES.in_language("pt") == SAMPLES.in_language("en")
    assert SAMPLES.in_language("zh") == ()


def test_questions_of_an_article() -> None:
    """An article has its own questions, and an unknown one has none."""
    assert SAMPLES.of_article("old", "en") == ("When?",)
    assert SAMPLES.of_article("old", "pt") == ("When?",)
    assert SAMPLES.of_article("gone", "en") == ()


def test_a_button_finds_its_question() -> None:
    """The token of a question leads back to it while it is offered, and to nothing afterwards."""
    assert SAMPLES.question(question_token("Chi?")) == "Chi?"
    assert SAMPLES.question(question_token("Gone?")) is None
    assert SAMPLES.question("") is None


def test_checked_questions_are_kept_on_disk(tmp_path: Path) -> None:
    """What was checked on this state of the library is read back, and not checked again."""
    oracle = Oracle({("Sure?", "en"): ("a/p1/s1", 0.9)})
    first = current_samples(library(asking("a", "Sure?")), oracle, gate(0.5), tmp_path)
    asked = len(oracle.asked)
    assert asked > 0
    assert current_samples(library(asking("a", "Sure?")), oracle, gate(0.5), tmp_path) == first
    assert len(oracle.asked) == asked
    assert list(tmp_path.iterdir()) == [tmp_path / FILE]


def test_another_library_is_checked_again(tmp_path: Path) -> None:
    """Questions that were checked on another state of the library are not offered."""
    write_samples(Samples("d0", {"a": {"en": ["Stale?"]}}), tmp_path)
    oracle = Oracle({("Sure?", "en"): ("a/p1/s1", 0.9)})
    samples = current_samples(library(asking("a", "Sure?")), oracle, gate(0.5), tmp_path)
    assert samples.in_language("en") == ("Sure?",)
    assert read_samples(tmp_path) == samples


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"digest": "d1"}', b"\xff\xfe"])
def test_a_damaged_file_is_checked_again(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read counts as none."""
    (tmp_path / FILE).write_bytes(content)
    assert read_samples(tmp_path) is None
    samples = current_samples(library(asking("a")), Oracle({}), gate(0.5), tmp_path)
    assert samples.in_language("en") == ()
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["digest"] == samples.digest


def test_a_place_that_takes_no_file_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the questions cannot be kept they are offered all the same, and checked again at the next start."""
    (tmp_path / FILE).mkdir()
    oracle = Oracle({("Sure?", "en"): ("a/p1/s1", 0.9)})
    samples = current_samples(library(asking("a", "Sure?")), oracle, gate(0.5), tmp_path)
    assert samples.in_language("en") == ("Sure?",)
    [line] = caplog.messages
    assert str(tmp_path / FILE) in line
    assert list(tmp_path.iterdir()) == [tmp_path / FILE]


def test_another_gate_is_checked_again(tmp_path: Path) -> None:
    """Questions checked under another gate, or a lower threshold, are not offered any more."""
    oracle = Oracle({("Sure?", "en"): ("a/p1/s1", 0.9), ("So so?", "en"): ("a/p2/s1", 0.6)})
    news = library(asking("a", "Sure?", "So so?"))
    assert current_samples(news, oracle, gate(0.5), tmp_path).in_language("en") == ("Sure?", "So so?")
    assert current_samples(news, oracle, gate(0.8), tmp_path).in_language("en") == ("Sure?",)
