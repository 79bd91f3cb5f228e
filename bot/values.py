"""The values that a sentence holds: dates, quantities, durations, names. Found as spans, so that what is shown is
copied from the sentence and never composed."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.dates import get_month_names

from bot.asking import Asked, bounded, grammar
from bot.wording import CAPITALS, fold, terms

CACHED = 20_000
"""Sentences whose values are remembered: every question looks at those of the same few articles."""

_NUMBER = r"\d+(?:[.,'\u2019\u00a0\u202f ]\d{3})*(?:[.,]\d+)?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_NO_WORD_BEFORE = r"(?<![^\W_])(?<![^\W_][-.,])"
_NO_LATIN_BEFORE = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-.,])"
"""Chinese sets numbers against its own characters, but the 7 of "SU7" is part of a name there too."""
_CURRENCY = r"[$€£¥]"


@dataclass(frozen=True, slots=True)
class Value:
    """A span of a sentence, `start` to `end` in characters: the bare value, without the words around it."""

    start: int
    end: int
    text: str
    """The value together with the words that qualify it, as the sentence writes them."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    date: re.Pattern[str]
    duration: re.Pattern[str]
    quantity: re.Pattern[str]


@cache
def _patterns(language: str) -> _Patterns:
    values = grammar(language)["values"]
    if not values:
        return _Patterns(re.compile("(?!)"), re.compile("(?!)"), re.compile("(?!)"))
    months = "|".join(
        sorted(
            {
                re.escape(fold(name).strip("."))
                for width in ("wide", "abbreviated")
                for name in get_month_names(width, locale=language).values()
                if len(name) > 2
            },
            key=len,
            reverse=True,
        )
    )
    if language == "zh":
        date = rf"{_YEAR}年(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?|\d{{1,2}}月(?:\d{{1,2}}[日号])?|{_YEAR}(?!\d)"
    else:
        of = r"(?:\s*(?:of|de|del|di|d')\s*|\s+)"
        date = (
            rf"\d{{1,2}}(?:\.|st|nd|rd|th|er|º|°)?{of}(?:{months})(?:,?{of}{_YEAR})?"
            rf"|(?:{months})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?(?!\d)"
            rf"|(?:{months})\.?(?:{of}{_YEAR})"
            rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|{_YEAR}s?(?![\w%]|[.,]\d)"
        )
    words = values["number_words"]
    scales = rf"(?:[ \u00a0]?(?:{values['scales']}))?"
    number = rf"(?:{_NUMBER}{scales}|(?:{words})(?: (?:{values['scales']}))?)"
    space = r"[ \u00a0\u202f]?" if language == "zh" else r"[ \u00a0\u202f'-]+"
    lead = rf"(?P<before>(?:(?:{values['before_number']}){space})*)"
    tail = rf"(?P<after>(?:{space}(?:{values['after_number']}))?)"
    end = "" if language == "zh" else r"(?!\w)"
    unit = rf"(?:{space.replace('+', '*')}(?:{values['units']}|%))?"
    # Chinese writes small numbers before almost every noun: spelled ones count only with a unit.
    quantity = rf"(?:{_NUMBER}{scales}|(?:{words})(?={values['units']}))" if language == "zh" else number
    before_date = rf"(?P<before>(?:(?:{values['before_date']})(?:{space}|'|’))*)"
    after_date = rf"(?P<after>(?:{space}(?:{values['after_date']}))?)" if values["after_date"] else "(?P<after>)"
    start = "" if language == "zh" else r"(?<!\w)"
    apart = _NO_LATIN_BEFORE if language == "zh" else _NO_WORD_BEFORE
    return _Patterns(
        date=re.compile(rf"{start}{before_date}(?P<value>{apart}(?:{date})){end}{after_date}{end}"),
        duration=re.compile(
            rf"{start}{lead}(?P<value>{apart}{number}{space.replace('+', '*')}(?:{values['time_units']})){end}{tail}"
        ),
        quantity=re.compile(rf"{start}{lead}(?P<value>(?:{_CURRENCY} ?)?{apart}{quantity}{unit}){end}{tail}{end}"),
    )


def _found(pattern: re.Pattern[str], sentence: str) -> tuple[Value, ...]:
    folded = fold(sentence).replace("’", "'")
    return tuple(
        Value(match.start("value"), match.end("value"), sentence[match.start() : match.end()].strip())
        for match in pattern.finditer(folded)
    )


def _apart(values: tuple[Value, ...], others: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(v for v in values if not any(v.start < other.end and other.start < v.end for other in others))


@lru_cache(CACHED)
def dates(sentence: str, language: str) -> tuple[Value, ...]:
    """Calendar dates and years."""
    return _found(_patterns(language).date, sentence)


@lru_cache(CACHED)
def durations(sentence: str, language: str) -> tuple[Value, ...]:
    """Numbers with a unit of time: "15 months"."""
    return _apart(_found(_patterns(language).duration, sentence), dates(sentence, language))


@lru_cache(CACHED)
def quantities(sentence: str, language: str) -> tuple[Value, ...]:
    """Numbers that are neither dates nor durations nor parts of a name: "10,000", not the 7 of "SU7"."""
    others = dates(sentence, language) + durations(sentence, language)
    return _apart(_found(_patterns(language).quantity, sentence), others)


@cache
def _currency(language: str) -> re.Pattern[str]:
    return re.compile(rf"{_CURRENCY}|{bounded(grammar(language)['values'].get('currency', '(?!)'), language)}")


@lru_cache(CACHED)
def prices(sentence: str, language: str) -> tuple[Value, ...]:
    """Quantities in a currency."""
    folded = fold(sentence)
    return tuple(v for v in quantities(sentence, language) if _currency(language).search(folded[v.start : v.end]))


_NAME_WORD = rf"[{CAPITALS}](?:[\w'’.-]*\w)?"
_NAME = re.compile(rf"(?<!\w){_NAME_WORD}(?:\s(?:(?:de|van|von|du|da|di)\s)?{_NAME_WORD})*")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,8}（[A-Z][\w .'-]+）|[\u4e00-\u9fff]{1,4}(?:·[\u4e00-\u9fff]+)+")


@lru_cache(CACHED)
def names(sentence: str, language: str) -> tuple[Value, ...]:
    """Capitalised names: of one word only after the sentence's first, since that one is always capitalised.

    Chinese has no capitals: names with a dot between the parts or with a Latin gloss are found, others are not.
    """
    pattern = _HAN_NAME if language == "zh" else _NAME
    return tuple(
        Value(match.start(), match.end(), match.group())
        for match in pattern.finditer(sentence)
        if match.start() > 0 or " " in match.group() or language == "zh"
    )


_FINDERS = {
    Asked.WHEN: dates,
    Asked.HOW_LONG: durations,
    Asked.HOW_MANY: quantities,
    Asked.PRICE: prices,
    Asked.WHO: names,
    Asked.WHERE: names,
}


def holds_value(asked: Asked, sentence: str, language: str, question_terms: frozenset[str]) -> bool | None:
    """Whether the sentence holds a value of the kind asked for that the question does not already give.

    None where the kind has no form that could be looked for.
    """
    finder = _FINDERS.get(asked)
    if finder is None or (finder is names and language == "zh") or not grammar(language)["values"]:
        return None
    return any(not terms(sentence[v.start : v.end]) <= question_terms for v in finder(sentence, language))


def headline(asked: Asked, question_terms: frozenset[str], sentence: str, language: str) -> str | None:
    """The value asked for, copied from the sentence with its qualifier; None unless exactly one fits."""
    finder = _FINDERS.get(asked)
    if finder is None or asked is Asked.WHERE:
        return None
    fitting = [v for v in finder(sentence, language) if not terms(sentence[v.start : v.end]) <= question_terms]
    if asked is Asked.WHO and language != "zh":
        # A person has two names; a single capitalised word is as often a firm, and in German any noun.
        fitting = [v for v in fitting if " " in v.text and not terms(v.text) & question_terms]
    if asked is Asked.HOW_MANY and len({v.text for v in fitting}) > 1:
        fitting = [v for v in fitting if terms(" ".join(sentence[v.end :].split()[:3])) & question_terms]
    return fitting[0].text if len({sentence[v.start : v.end] for v in fitting}) == 1 else None
