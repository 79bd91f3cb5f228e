"""Two readings of one question: told only where nothing in the question decides."""

from datetime import date

import pytest

from bot.ambiguity import NEAR, two_readings
from bot.answering import Proof


def proof(text: str, language: str = "en") -> Proof:
    """A sentence as evidence."""
    return Proof(text, language, text, language, text, "News", date(2025, 1, 1), "Acme", None, 0.9)


SU7 = proof("Deliveries of the SU7 have passed 300,000 in all.")
YU7 = proof("The YU7 collected 200,000 confirmed orders.")


@pytest.mark.parametrize("question", ["How many?", "How many cars?"])
def test_two_values_that_the_question_does_not_tell_apart(question: str) -> None:
    """Where two sentences are nearly equal and hold different values, both are readings, best first."""
    assert two_readings(question, "en", [(SU7, 7.0), (YU7, 7.0 - NEAR)]) == (SU7, YU7)


def test_a_clear_first_is_the_answer() -> None:
    """Where the second lies behind, or there is none, there is one reading."""
    assert two_readings("How many?", "en", [(SU7, 7.0), (YU7, 6.9 - NEAR)]) is None
    assert two_readings("How many?", "en", [(SU7, 7.0)]) is None
    assert two_readings("How many?", "en", []) is None


def test_a_word_of_the_question_decides() -> None:
    """What the question names stands in one of the two: it is not ambiguous."""
    assert two_readings("How many YU7?", "en", [(YU7, 7.0), (SU7, 7.0)]) is None


def test_the_same_value_twice_is_one_reading() -> None:
    """Two sentences that say the same, in whatever words, do not compete."""
    sold, debut = proof("Cars are sold from 2027."), proof("The debut in 2027 is the start.")
    assert two_readings("When?", "en", [(sold, 7.0), (debut, 7.0)]) is None


def test_without_a_kind_of_value_there_is_no_telling() -> None:
    """A question for an explanation has no two values to tell apart."""
    assert two_readings("Why?", "en", [(SU7, 7.0), (YU7, 7.0)]) is None
