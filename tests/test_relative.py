"""Relative words in six languages, and the dates that they mean on the day of an article."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.relative import MOST, relatives
from bot.settings import LANGUAGES

DAY = date(2025, 12, 31)


def meanings(sentence: str, language: str, reader: str | None = None, day: date = DAY) -> list[tuple[str, str | None]]:
    """The relative words of a sentence with what they mean."""
    return [(found.words, found.meaning) for found in relatives(sentence, language, day, reader or language)]


DAYS = [
    ("en", "It starts today and ends tomorrow.", [("today", "31 December 2025"), ("tomorrow", "1 January 2026")]),
    ("it", "Ieri e oggi.", [("Ieri", "30 dicembre 2025"), ("oggi", "31 dicembre 2025")]),
    ("es", "Hoy y mañana.", [("Hoy", "31 de diciembre de 2025"), ("mañana", "1 de enero de 2026")]),
    ("de", "Heute und ab morgen.", [("Heute", "31. Dezember 2025"), ("morgen", "1. Januar 2026")]),
    ("fr", "Aujourd’hui, hier.", [("Aujourd’hui", "31 décembre 2025"), ("hier", "30 décembre 2025")]),
    ("zh", "今天宣布，明天开始。", [("今天", "2025年12月31日"), ("明天", "2026年1月1日")]),
]
LONGER = [
    ("en", "This year, next year, last month.", ["2025", "2026", "November 2025"]),
    ("it", "Quest'anno, l'anno prossimo, il mese scorso.", ["2025", "2026", "novembre 2025"]),
    ("es", "Este año, el año que viene, el mes pasado.", ["2025", "2026", "noviembre de 2025"]),
    ("de", "In diesem Jahr, im nächsten Jahr, im letzten Monat.", ["2025", "2026", "November 2025"]),
    ("fr", "Cette année, l'an prochain, le mois dernier.", ["2025", "2026", "novembre 2025"]),
    ("zh", "今年、明年、上个月。", ["2025年", "2026年", "2025年11月"]),
]
VAGUE = [
    ("en", "They wait another couple of years.", "another couple of years"),
    ("it", "Aspettano ancora un paio d'anni.", "un paio d'anni"),
    ("es", "Esperan todavía un par de años.", "un par de años"),
    ("de", "Sie warten noch etwa zwei Jahre.", "noch etwa zwei Jahre"),
    ("fr", "Ils attendent encore deux ans environ.", "encore deux ans"),
    ("zh", "还要再等两年左右。", "两年左右"),
]
NONE = [
    ("en", "The next year brought the last year of the war, in 2027, on every day."),
    ("it", "Il 3 maggio 2027 a Oggiono, ogni anno."),
    ("es", "Por la mañana, el 3 de mayo de 2027."),
    ("de", "Am Morgen und jeden Morgen ist er hier."),
    ("fr", "La demande de 2027, chaque année."),
    ("zh", "在2027年，每年。"),
    ("en", "The day before yesterday, the day after tomorrow, as soon as USA Today had it."),
    ("it", "L'altro ieri, ieri l'altro, il domani, al più presto."),
    ("es", "Pasado mañana, antes de ayer, aquella mañana."),
    ("de", "Am nächsten Morgen, an diesem Morgen, eines Morgens."),
    ("fr", "Avant-hier et après-demain."),
    ("zh", "如今年轻人登上月球，透明天窗，日本年轻人，过去年均。"),
]


@pytest.mark.parametrize(("language", "sentence", "expected"), DAYS)
def test_days(language: str, sentence: str, expected: list[tuple[str, str]]) -> None:
    """Today, yesterday and tomorrow are days, reckoned from the day of the article, as the sentence writes them."""
    assert meanings(sentence, language) == expected


@pytest.mark.parametrize(("language", "sentence", "expected"), LONGER)
def test_months_and_years(language: str, sentence: str, expected: list[str]) -> None:
    """This, next and last year are years; months have their year with them, over the end of one as well."""
    assert [meaning for _, meaning in meanings(sentence, language)] == expected


@pytest.mark.parametrize(("language", "sentence", "words"), VAGUE)
def test_what_is_vague(language: str, sentence: str, words: str) -> None:
    """Words of which nobody knows the date are found, and given none."""
    assert meanings(sentence, language) == [(words, None)]


@pytest.mark.parametrize(("language", "sentence"), NONE)
def test_what_is_not_relative(language: str, sentence: str) -> None:
    """A date, a time of day, the day after tomorrow and words that only look alike need no explanation."""
    assert meanings(sentence, language) == []


def test_the_reader_reads_their_own_language() -> None:
    """A word of one language is explained in another, where the reader has chosen so."""
    assert meanings("It starts today.", "en", "it") == [("today", "31 dicembre 2025")]
    assert meanings("Next month.", "en", "zh") == [("Next month", "2026年1月")]
    assert meanings("It starts today.", "en", "pt") == [("today", "31 December 2025")]
    assert meanings("Hoje.", "pt") == []


def test_the_end_of_the_calendar() -> None:
    """Where the calendar ends, a word has no date; it is no error."""
    assert meanings("Tomorrow, next year, next month.", "en", day=date.max) == [
        ("Tomorrow", None),
        ("next year", None),
        ("next month", None),
    ]


@given(sentence=st.text(max_size=80), language=st.sampled_from([*LANGUAGES, "pt"]), day=st.dates())
@settings(max_examples=200, deadline=None)
def test_what_is_explained_is_copied(sentence: str, language: str, day: date) -> None:
    """Whatever the text, its relative words stand in it, and they are few."""
    found = relatives(f"{sentence} today oggi hoy heute hier 今天", language, day, language)
    assert len(found) <= MOST
    assert all(relative.words in f"{sentence} today oggi hoy heute hier 今天" for relative in found)
