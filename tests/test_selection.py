"""Which sentences are shown together: rivals that state different values, and the parts of a list."""

from collections.abc import Sequence

import numpy as np
import pytest

from bot.answers.ranking import Candidate, Query, make_query
from bot.answers.selection import CLOSE, NEAR, listed, rival
from tests.articles import Paragraphs, article


def query(question: str, language: str = "en") -> Query:
    """A question whose vector is of no account here."""
    return make_query(question, language, np.zeros(1, dtype=np.float32))


def ranked(paragraphs: Paragraphs, scores: Sequence[float], language: str = "en") -> list[Candidate]:
    """The sentences of an article of these paragraphs, with these scores in the order of the text."""
    whole = article("a", {language: paragraphs})
    edition = whole.original
    placed = [(paragraph, sentence) for paragraph in edition.paragraphs for sentence in paragraph.sentences]
    candidates = [
        Candidate(whole, edition, paragraph, sentence, 0.0, 0.0, 0.0, 0.0, None, score)
        for (paragraph, sentence), score in zip(placed, scores, strict=True)
    ]
    return sorted(candidates, key=lambda candidate: -candidate.score)


def texts(found: Sequence[Candidate]) -> list[str]:
    """What the sentences say."""
    return [candidate.sentence.text for candidate in found]


RIVALS = [
    ("en", "When does it open?", "It opens in 2027.", "It opens in 2030."),
    ("it", "Quando apre?", "Apre nel 2027.", "Apre nel 2030."),
    ("es", "¿Cuándo abre?", "Abre en 2027.", "Abre en 2030."),
    ("de", "Wann öffnet es?", "Es öffnet im Jahr 2027.", "Es öffnet im Jahr 2030."),
    ("fr", "Quand ouvre-t-il ?", "Il ouvre en 2027.", "Il ouvre en 2030."),
    ("zh", "什么时候开放？", "2027年开放。", "2030年开放。"),
]


@pytest.mark.parametrize(("language", "question", "first", "second"), RIVALS)
def test_two_that_differ_are_both_shown(language: str, question: str, first: str, second: str) -> None:
    """Where two sentences are nearly as likely and state different values, the second is shown with the first."""
    close = ranked([[first], [second]], [5.0, 5.0 - CLOSE / 2], language)
    assert rival(query(question, language), close) == close[1]
    apart = ranked([[first], [second]], [5.0, 5.0 - CLOSE * 2], language)
    assert rival(query(question, language), apart) is None


def test_two_that_agree_are_not() -> None:
    """The same value said twice, or a second sentence without one, is no rival; nor is one where no value is asked."""
    when, why = query("When does it open?"), query("Why does it open?")
    assert rival(when, ranked([["It opens in 2027."], ["From 2027 it is open."]], [5, 5])) is None
    assert rival(when, ranked([["It opens in 2027."], ["It opens soon."]], [5, 5])) is None
    assert rival(why, ranked([["It opens in 2027."], ["It opens in 2030."]], [5, 5])) is None
    assert rival(when, ranked([["It opens in 2027."]], [5])) is None


LISTS = [
    ("en", "Which models are there?"),
    ("it", "Quali modelli ci sono?"),
    ("es", "¿Cuáles son los modelos?"),
    ("de", "Welche Modelle sind da?"),
    ("fr", "Quels sont les modèles ?"),
    ("zh", "有哪些车型？"),
]
PARTS: Paragraphs = [["There is the A.", "It is cheap.", "There is the B.", "And the C.", "And the D."], ["And the E."]]


@pytest.mark.parametrize(("language", "question"), LISTS)
def test_the_parts_of_a_list(language: str, question: str) -> None:
    """Asked for several things, likely sentences of the best one's paragraph are shown, two more at most, in order."""
    scores = [9.0, 9.0 - NEAR * 2, 10.0, 9.5, 8.0, 9.9]
    found = listed(query(question, language), ranked(PARTS, scores, language))
    assert texts(found) == ["There is the A.", "And the C."]


def test_one_thing_is_one_sentence() -> None:
    """Who asks for one thing is shown one sentence, however likely the others are."""
    assert listed(query("Which model is cheap?"), ranked(PARTS, [10, 10, 10, 10, 10, 10])) == ()
