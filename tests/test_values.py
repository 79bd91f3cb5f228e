"""Dates, durations, quantities and names as a sentence writes them, and the one that a question asks for."""

from collections.abc import Callable, Sequence

import pytest

from bot.asking import Asked, content_terms
from bot.settings import LANGUAGES
from bot.values import Value, dates, durations, headline, holds_value, names, prices, quantities
from bot.wording import terms

Finder = Callable[[str, str], Sequence[Value]]


def bare(values: Sequence[Value], sentence: str) -> list[str]:
    """What the values themselves are, without the words that qualify them."""
    return [sentence[value.start : value.end] for value in values]


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "It starts in 2027.", ["2027"]),
        ("en", "On 24 September 2025 and on May 3, 2026.", ["24 September 2025", "May 3, 2026"]),
        ("en", "From 2024-05-06 on.", ["2024-05-06"]),
        ("it", "Il 24 settembre 2025 a Pechino.", ["24 settembre 2025"]),
        ("es", "El 24 de septiembre de 2025.", ["24 de septiembre de 2025"]),
        ("de", "Am 24. September 2025 und im März 2026.", ["24. September 2025", "März 2026"]),
        ("fr", "Le 1er mai 2025 et en août 2026.", ["1er mai 2025", "août 2026"]),
        ("zh", "在2025年9月24日宣布，2027年起。", ["2025年9月24日", "2027年"]),
        ("en", "The SU7 sold 300,000 in 15 months.", []),
        ("en", "They sold 2,000 of them.", []),
        ("en", "", []),
    ],
)
def test_dates(language: str, sentence: str, found: list[str]) -> None:
    """Years and calendar dates are found as the language writes them, and other numbers are none."""
    assert bare(dates(sentence, language), sentence) == found


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "It took 15 months and three minutes.", ["15 months", "three minutes"]),
        ("it", "In soli 15 mesi e tre minuti.", ["15 mesi", "tre minuti"]),
        ("es", "En 15 meses.", ["15 meses"]),
        ("de", "In nur 15 Monaten.", ["15 Monaten"]),
        ("fr", "En 15 mois.", ["15 mois"]),
        ("zh", "在短短15个月内。", ["15个月"]),
        ("en", "In 2027.", []),
        ("en", "Three monthly papers.", []),
    ],
)
def test_durations(language: str, sentence: str, found: list[str]) -> None:
    """A number with a unit of time is a duration, in figures or in words."""
    assert bare(durations(sentence, language), sentence) == found


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "It passed 300,000 in 15 months.", ["300,000"]),
        ("en", "Two million cars by 2030.", ["Two million"]),
        ("en", "The SU7 and the YU7.", []),
        ("it", "Quota 300.000 entro il 2030.", ["300.000"]),
        ("es", "Unas 10.000 tiendas.", ["10.000"]),
        ("de", "Rund 10.000 Geschäfte.", ["10.000"]),
        ("fr", "Plus de 300 000 voitures.", ["300 000"]),
        ("zh", "交付量已经超过30万辆。", ["30万辆"]),
        ("zh", "小米SU7在2027年。", []),
        ("en", "12 percent of them.", ["12 percent"]),
    ],
)
def test_quantities(language: str, sentence: str, found: list[str]) -> None:
    """A number that is neither a date nor a duration nor part of a name is a quantity."""
    assert bare(quantities(sentence, language), sentence) == found


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "Xu Fei met Anna in Beijing.", ["Xu Fei", "Anna", "Beijing"]),
        ("en", "Cars are red.", []),
        ("it", "Ieri Leonardo da Vinci dipinse.", ["Ieri Leonardo da Vinci"]),
        ("zh", "徐飞（Xu Fei）宣布。", ["徐飞（Xu Fei）"]),
        ("en", "nothing here", []),
    ],
)
def test_names(language: str, sentence: str, found: list[str]) -> None:
    """Capitalised words are names, a single one only after the first word of the sentence."""
    assert [value.text for value in names(sentence, language)] == found


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "It costs 40,000 euros or $45,000, for 300,000 people in 2027.", ["40,000 euros", "$45,000"]),
        ("it", "Costa 40.000 euro in 15 mesi.", ["40.000 euro"]),
        ("de", "Er kostet 40.000 Euro und wiegt 2.000 kg.", ["40.000 Euro"]),
        ("fr", "Elle coûte 40 000 euros.", ["40 000 euros"]),
        ("es", "Cuesta 40.000 euros.", ["40.000 euros"]),
        ("zh", "售价为30万元，共1万家门店。", ["30万元"]),
        ("en", "It sold 300,000 in 15 months.", []),
    ],
)
def test_prices(language: str, sentence: str, found: list[str]) -> None:
    """A price is a quantity of money, and no other number is one."""
    assert bare(prices(sentence, language), sentence) == found


def test_a_value_is_shown_with_its_qualifier() -> None:
    """The words that qualify a value are shown with it, but are no part of it."""
    (value,) = quantities("They sold more than 300,000 cars.", "en")
    assert (value.text, "They sold more than 300,000 cars."[value.start : value.end]) == (
        "more than 300,000",
        "300,000",
    )


HEADLINES = [
    (Asked.WHEN, "en", "When does it start?", "It starts from 2027.", "from 2027"),
    (Asked.WHEN, "de", "Wann beginnt es?", "Es beginnt ab 2027.", "ab 2027"),
    (Asked.WHEN, "zh", "什么时候？", "小米将从2027年起销售。", "从2027年起"),
    (Asked.HOW_MANY, "en", "How many stores?", "Xiaomi plans 10,000 stores by 2030.", "10,000"),
    (Asked.HOW_MANY, "fr", "Combien ?", "Elle prévoit 10 000 magasins d'ici 2030.", "10 000"),
    (Asked.HOW_LONG, "it", "In quanti mesi?", "Ha superato quota 300.000 in soli 15 mesi.", "soli 15 mesi"),
    (Asked.WHO, "en", "Who said it?", "It was said by Xu Fei.", "Xu Fei"),
    (Asked.WHO, "it", "Chi lo ha detto?", "Xu Fei lo ha detto a Pechino.", "Xu Fei"),
    (Asked.WHO, "en", "Who is Xu Fei?", "Xu Fei is a manager.", None),
    (Asked.WHEN, "en", "When?", "Between 2027 and 2030.", None),
    (Asked.WHEN, "en", "When in 2027?", "It starts in 2027.", None),
    (Asked.WHEN, "en", "When?", "It starts soon.", None),
    (Asked.WHERE, "en", "Where?", "It is made in Beijing.", None),
    (Asked.PRICE, "en", "How much is it?", "It costs 40,000 euros, and 10,000 were sold.", "40,000 euros"),
    (Asked.PRICE, "en", "How much is it?", "10,000 were sold.", None),
    (Asked.WHY, "en", "Why?", "Because of 2027.", None),
    (Asked.OTHER, "en", "What?", "It starts in 2027.", None),
    (Asked.WHEN, "pt", "Quando?", "Em 2027.", None),
]


@pytest.mark.parametrize(("asked", "language", "question", "sentence", "shown"), HEADLINES)
def test_the_headline(asked: Asked, language: str, question: str, sentence: str, shown: str | None) -> None:
    """The one value of the kind asked for that the question does not say itself; none where there are two, or none."""
    assert headline(asked, content_terms(question, language), sentence, language) == shown


def test_of_two_numbers_the_one_of_the_thing_asked_for() -> None:
    """Where a sentence has two quantities, the one that stands before the thing asked for is meant."""
    sentence = "Xiaomi sold 300,000 cars and 5,000 boats."
    for question, shown in (
        ("How many cars were sold?", "300,000"),
        ("How many boats were sold?", "5,000"),
        ("How many were sold?", None),
    ):
        assert headline(Asked.HOW_MANY, content_terms(question, "en"), sentence, "en") == shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("asked", list(Asked))
def test_a_headline_is_copied(asked: Asked, language: str) -> None:
    """Whatever is shown stands in the sentence, letter for letter."""
    for sentence in (
        "Dal 2027 XU FEI: 300.000 – 15 MESI, tre, 3 Ök.",
        "从2027年起，徐飞（Xu Fei）：30万辆 15个月",
        "ＳＵ７ ２０２７",
    ):
        shown = headline(asked, frozenset(), sentence, language)
        assert shown is None or shown in sentence


def test_whether_a_value_is_there() -> None:
    """A sentence holds a value when it has one of the kind that the question does not give; some kinds have no form."""
    nothing = frozenset[str]()
    assert holds_value(Asked.WHEN, "It starts in 2027.", "en", nothing) is True
    assert holds_value(Asked.WHEN, "It starts in 2027.", "en", terms("When after 2027?")) is False
    assert holds_value(Asked.WHEN, "It starts soon.", "en", nothing) is False
    assert holds_value(Asked.WHY, "It starts in 2027.", "en", nothing) is None
    assert holds_value(Asked.OTHER, "It starts in 2027.", "en", nothing) is None
    assert holds_value(Asked.WHEN, "Em 2027.", "pt", nothing) is None


@pytest.mark.parametrize("finder", [dates, durations, quantities, prices, names])
@pytest.mark.parametrize("language", [*LANGUAGES, "pt"])
def test_no_text_is_an_error(finder: Finder, language: str) -> None:
    """Empty, odd and foreign text holds values or none, inside the text."""
    for text in (
        "",
        " ",
        "\0",
        "\ud800",
        "😀" * 9,
        "ﬁ½Ⅷ 2027",
        "שלום 2027",
        "1" * 60,
        "1.000.000.",
        "e\u0301 2027",
        "‮7202",
    ):
        for value in finder(text, language):
            assert 0 <= value.start < value.end <= len(text)
            assert value.text in text
