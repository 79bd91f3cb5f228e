"""The values that a sentence holds: dates, quantities, durations, names. Found as spans, so that what is shown is
copied from the sentence and never composed."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.dates import get_month_names

from bot.answers.asking import Asked, bounded, grammar
from bot.answers.wording import CAPITALS, fold, terms

CACHED = 20_000
"""Sentences whose values are remembered: every question looks at those of the same few articles."""

_NUMBER = r"\d+(?:[.,'\u2019\u00a0\u202f ]\d{3})*(?:[.,]\d+)?[\u00bd\u00bc\u00be]?(?:\s?×\s?\d+)?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_NO_WORD_BEFORE = r"(?<![^\W_])(?<![^\W_][-.,/])"
_NO_LATIN_BEFORE = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-.,/])"
"""Chinese sets numbers against its own characters, but the 7 of "SU7" is part of a name there too."""
_CURRENCY = r"[$€£¥]"
_MINUS = r"(?:(?<!\S)[-\u2212](?=\d))?"


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
    to: re.Pattern[str]
    """What stands between the two ends of a range."""
    too: re.Pattern[str]
    """What stands between two dates that are told in one breath: "in 1991 and 2002"."""
    between: re.Pattern[str]
    """What opens a range whose ends are joined like those: "between 500 and 600"."""


@cache
def _patterns(language: str) -> _Patterns:
    values = grammar(language)["values"]
    if not values:
        return _Patterns(*(re.compile("(?!)") for _ in range(6)))
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
        date = (
            rf"{values['eras']}|{_YEAR} ?年(?: ?\d{{1,2}} ?月(?: ?\d{{1,2}} ?[日号])?)?"
            rf"|\d{{1,2}} ?月(?: ?\d{{1,2}} ?[日号])?|{_YEAR}(?!\d)(?! ?(?:{values['units']}))"
        )
    else:
        of = r"(?:\s*(?:of|de|del|di|d')\s*|\s+)"
        date = (
            rf"\d{{1,2}}(?:\.|st|nd|rd|th|er|º|°)?{of}(?:{months})(?:,?{of}{_YEAR})?"
            rf"|(?:{months})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?(?!\d)"
            rf"|(?:{months})\.?(?:{of}{_YEAR})"
            rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}"
            rf"|{values['eras']}|{_YEAR}[-–—](?:{_YEAR}|\d{{2}})(?!\d)|{_YEAR}s?(?![\w%]|[.,]\d)"
            rf"|(?(before)(?:{months})|(?!))"
        )
    words = values["number_words"]
    scales = rf"(?:[ \u00a0]?(?:{values['scales']}))?"
    number = rf"(?:{_NUMBER}{scales}|(?:{words})(?: (?:{values['scales']}))?)"
    space = r"[ \u00a0\u202f]?" if language == "zh" else r"[ \u00a0\u202f'-]+"
    lead = rf"(?P<before>(?:(?:{values['before_number']}|{values['between']}){space})*)"
    tail = rf"(?P<after>(?:{space}(?:{values['after_number']}))?)"
    end = "" if language == "zh" else r"(?!\w)"
    unit = rf"(?:{space.replace('+', '*')}(?:{values['units']}|%|{_CURRENCY}))?"
    # Chinese writes small numbers before almost every noun: spelled ones count only with a unit.
    quantity = number
    if language == "zh":
        quantity = rf"(?:{_NUMBER}(?![A-Za-z\d]){scales}|{values['alone']}|(?:{words})(?={values['units']}))"
    before_date = rf"(?P<before>(?:(?:{values['before_date']})(?:{space}|'|’))+)?"
    after_date = rf"(?P<after>(?:{space}(?:{values['after_date']}))?)" if values["after_date"] else "(?P<after>)"
    start = "" if language == "zh" else r"(?<!\w)"
    apart = _NO_LATIN_BEFORE if language == "zh" else _NO_WORD_BEFORE
    return _Patterns(
        date=re.compile(rf"{start}{before_date}(?P<value>{apart}(?:{date})){end}{after_date}{end}"),
        duration=re.compile(
            rf"{start}{lead}(?P<value>{apart}{number}{space.replace('+', '*')}(?:{values['time_units']})){end}{tail}"
        ),
        quantity=re.compile(
            rf"{start}{lead}(?P<value>{_MINUS}(?:{_CURRENCY} ?)?{apart}{quantity}{unit}){end}{tail}{end}"
        ),
        to=re.compile(rf"{space.replace('+', '*')}(?:[-–—]|{values['to']}){space.replace('+', '*')}"),
        too=re.compile(rf"{space.replace('+', '*')}(?:[-–—]|{values['to']}|{values['and']}){space.replace('+', '*')}"),
        between=re.compile(rf"(?:{values['between']}){space}"),
    )


def _found(
    pattern: re.Pattern[str], patterns: _Patterns, sentence: str, others: tuple[Value, ...] = ()
) -> tuple[Value, ...]:
    """The values that a pattern finds apart from `others`; the two ends of a range are one."""
    folded = fold(sentence).replace("’", "'")
    runs: list[list[re.Match[str]]] = []
    for match in pattern.finditer(folded):
        start, end = match.span("value")
        if any(start < other.end and other.start < end for other in others):
            continue
        told_together = pattern is patterns.date or (
            runs and len(runs[-1]) == 1 and patterns.between.match(folded, runs[-1][0].start())
        )
        joint = patterns.too if told_together else patterns.to
        if runs and joint.fullmatch(folded, runs[-1][-1].end(), start):
            runs[-1].append(match)
        else:
            runs.append([match])
    return tuple(
        Value(run[0].start("value"), run[-1].end("value"), sentence[run[0].start() : run[-1].end()].strip())
        for run in runs
    )


@lru_cache(CACHED)
def dates(sentence: str, language: str) -> tuple[Value, ...]:
    """Calendar dates and years."""
    patterns = _patterns(language)
    return _found(patterns.date, patterns, sentence)


@lru_cache(CACHED)
def durations(sentence: str, language: str) -> tuple[Value, ...]:
    """Numbers with a unit of time: "15 months"."""
    patterns = _patterns(language)
    return _found(patterns.duration, patterns, sentence, dates(sentence, language))


@lru_cache(CACHED)
def quantities(sentence: str, language: str) -> tuple[Value, ...]:
    """Numbers that are neither dates nor durations nor parts of a name: "10,000", not the 7 of "SU7"."""
    patterns = _patterns(language)
    others = dates(sentence, language) + durations(sentence, language)
    return _found(patterns.quantity, patterns, sentence, others)


@cache
def _currency(language: str) -> re.Pattern[str]:
    return re.compile(rf"{_CURRENCY}|{bounded(grammar(language)['values'].get('currency', '(?!)'), language)}")


@lru_cache(CACHED)
def prices(sentence: str, language: str) -> tuple[Value, ...]:
    """Quantities in a currency."""
    folded = fold(sentence)
    return tuple(v for v in quantities(sentence, language) if _currency(language).search(folded[v.start : v.end]))


_NAME_WORD = rf"(?:(?:[{CAPITALS}]\.)+|[{CAPITALS}](?:(?:(?!['’]s(?!\w))[\w'’.-])*\w)?)"
_PARTICLE = "(?:de|van|von|du|da|di|della|del|der|la|le|al|bin|ibn|the)"
_NAME = re.compile(rf"(?<!\w)(?:al-)?{_NAME_WORD}(?:\s(?:{_PARTICLE}\s)?(?:al-)?{_NAME_WORD})*")
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
