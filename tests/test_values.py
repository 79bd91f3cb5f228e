"""Dates, durations, quantities and names as a sentence writes them, and the one that a question asks for."""

from collections.abc import Callable, Sequence

import pytest

from bot.answers.asking import Asked
from bot.answers.values import Value, dates, durations, holds_value, names, prices, quantities
from bot.answers.wording import terms
from bot.settings import LANGUAGES

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
        ("en", "It lasted from 1321 to 1323, and again in 1998–2002.", ["1321 to 1323", "1998–2002"]),
        ("en", "In the early nineteenth century and in March.", ["nineteenth century", "March"]),
        ("it", "Nel XIX secolo e a marzo.", ["XIX secolo", "marzo"]),
        ("es", "En el siglo XIX, entre 1500 y 1850.", ["siglo XIX", "1500 y 1850"]),
        ("de", "Im 19. Jahrhundert und im März.", ["19. Jahrhundert", "März"]),
        ("fr", "Au XIXe siècle, en mars.", ["XIXe siècle", "mars"]),
        ("zh", "在20世纪60年代和1950年代。", ["20世纪60年代和1950年代"]),
        ("en", "You may march there.", []),
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
        ("en", "It lost 30 to 50 thousand people.", ["30 to 50 thousand"]),
        ("en", "Over half of the AS-207/208 flew 6½ miles.", ["half", "6½ miles"]),
        ("es", "Del 75,8 % en 1970 al 55,1 % en 2010.", ["75,8 %", "55,1 %"]),
        ("zh", "三分之二的人，即2000 名。", ["三分之二", "2000 名"]),
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
        ("en", "It was M. Theo Kearney and E.I. du Pont.", ["M. Theo Kearney", "E.I. du Pont"]),
        ("en", "It was William Tyndale's English Bible.", ["William Tyndale", "English Bible"]),
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
