"""A "why?" after an answer, and sentences that tell a reason."""

from dataclasses import replace
from datetime import date

import pytest

from bot.answers.answering import Answer, Proof, Refusal, Status
from bot.answers.reasons import asks_only_why, beyond_what_was_said, tells_reason
from bot.settings import LANGUAGES

WAIT = Proof(
    id="line/p1/s1",
    language="en",
    text="Riders in Porto will have to wait until May to see the trams.",
    original_language="en",
    original="Riders in Porto will have to wait until May to see the trams.",
    title="Trams",
    published=date(2025, 1, 2),
    source="Line",
    url=None,
    similarity=0.9,
)
WORKS = replace(WAIT, id="line/p1/s2", text="The depot stands under water.")
WHY = Answer("Why do the trams come to Porto?", "en", None, 0.8, (WAIT, WORKS))
WHEN = Answer("When do the trams come to Porto?", "en", "until May", 0.9, (WAIT,))


@pytest.mark.parametrize(
    ("language", "reason", "other"),
    [
        ("en", "The line is closed because of the flood.", "Riders have to wait until May to see the trams."),
        ("en", "Since the depot is flooded, no tram runs.", "No tram has run since 2024."),
        ("it", "La linea è chiusa perché il deposito è allagato.", "Bisogna aspettare maggio per vedere i tram."),
        ("es", "La línea está cerrada porque hay obras.", "Hay que esperar a mayo para ver los tranvías."),
        ("de", "Die Linie ist wegen Hochwassers gesperrt.", "Sie warten bis Mai, um die Bahnen zu sehen."),
        ("fr", "La ligne est fermée en raison de travaux.", "Il faut attendre mai pour voir les trams."),
        ("zh", "由于洪水，线路关闭。", "乘客要等到五月才能看到电车。"),
    ],
)
def test_words_that_tell_a_reason(language: str, reason: str, other: str) -> None:
    """A sentence tells a reason by a word that leads one, not by what something is for."""
    assert tells_reason(reason, language)
    assert not tells_reason(other, language)
    assert not tells_reason(reason, "pt")


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "why?"),
        ("en", "But why?"),
        ("it", "perché?"),
        ("es", "¿por qué?"),
        ("de", "wieso?"),
        ("fr", "pourquoi ?"),
        ("zh", "为什么？"),
    ],
)
def test_why_alone(language: str, message: str) -> None:
    """ "why?" asks for a reason and for nothing else."""
    assert asks_only_why(message, language)


@pytest.mark.parametrize(
    "message", ["when?", "and in America?", "and in America, why?", "Why do the cars come?", "", "why not"]
)
def test_more_than_why(message: str) -> None:
    """Whatever names something, or asks for something else, is no bare "why?"."""
    assert not asks_only_why(message, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_asks_why_in_no_words(language: str) -> None:
    """Signs ask for no reason."""
    assert not asks_only_why("?!", language)


@pytest.mark.parametrize(
    "before",
    [
        WHEN,
        Answer(WHEN.question, "en", None, 0.9, (WORKS,), also=(WAIT,)),
        Refusal(WHEN.question, "en", Status.NOT_STATED, 0.1, (WAIT, WORKS)),
        WHY,
    ],
    ids=["answer", "beside it", "nearest", "why again"],
)
def test_what_was_just_read_is_no_reason(before: Answer | Refusal) -> None:
    """A "why?" is not answered by the sentence that its asker has just been shown, where that tells no reason."""
    said = beyond_what_was_said(WHY, before)
    assert said == Refusal(WHY.question, "en", Status.NOT_STATED, WHY.confidence, WHY.evidence)


def test_a_reason_stays() -> None:
    """Another sentence, or one that tells a reason, answers "why?"; a refusal stays one."""
    beside = Answer(WHEN.question, "en", None, 0.9, (WORKS, WAIT))
    assert beyond_what_was_said(WHY, beside) == WHY
    told = replace(WHY, evidence=(replace(WAIT, text="They wait until May because the depot stands under water."),))
    assert beyond_what_was_said(told, WHEN) == told
    refused = Refusal(WHY.question, "en", Status.OFF_TOPIC, 0.0)
    assert beyond_what_was_said(refused, WHEN) == refused
