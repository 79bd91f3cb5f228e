"""Words that mean a day only to who reads them that day: "today", "next year", "a couple of years".

Whoever reads an announcement later must know what they mean, so it is said behind the sentence, reckoned from the day
that the announcement was published.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from bot.answers.asking import bounded, grammar
from bot.answers.wording import fold
from bot.texts import day, month, year

MOST = 3
"""Words of one sentence that are explained."""
_VAGUE = "vague"
_DAYS = frozenset({"today", "yesterday", "tomorrow"})
_INSIDE = re.compile(r"[^\W_],? $")
"""What ends before a word that opens no sentence."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A word or phrase as the sentence writes it, and what it means; None where only the day it was said is sure."""

    words: str
    meaning: str | None


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = grammar(language).get("relative", {})
    return tuple((name, re.compile(bounded(pattern, language))) for name, pattern in table.items())


def _month(published: date, later: int) -> date:
    months = published.year * 12 + published.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)


_MEANINGS: dict[str, Callable[[date, str], str]] = {
    "today": lambda published, reader: day(reader, published),
    "yesterday": lambda published, reader: day(reader, published - timedelta(days=1)),
    "tomorrow": lambda published, reader: day(reader, published + timedelta(days=1)),
    "this_year": lambda published, reader: year(reader, published),
    "next_year": lambda published, reader: year(reader, date(published.year + 1, 1, 1)),
    "last_year": lambda published, reader: year(reader, date(published.year - 1, 1, 1)),
    "this_month": lambda published, reader: month(reader, _month(published, 0)),
    "next_month": lambda published, reader: month(reader, _month(published, 1)),
    "last_month": lambda published, reader: month(reader, _month(published, -1)),
}


def relatives(sentence: str, language: str, published: date, reader: str) -> tuple[Relative, ...]:
    """The relative words of a sentence in `language`, in its order, with their meaning in the reader's language."""
    folded = fold(sentence).replace("’", "'")
    found: dict[str, tuple[int, Relative]] = {}
    for name, pattern in _patterns(language):
        for match in pattern.finditer(folded):
            words = sentence[match.start() : match.end()]
            if name in _DAYS and words[0].isupper() and _INSIDE.search(sentence[: match.start()]):
                continue  # a name or a noun: "USA Today", "am nächsten Morgen"
            meaning = _meaning(name, published, reader)
            found.setdefault(match.group(), (match.start(), Relative(words, meaning)))
    return tuple(relative for _, relative in sorted(found.values(), key=lambda placed: placed[0])[:MOST])


def _meaning(name: str, published: date, reader: str) -> str | None:
    if name == _VAGUE:
        return None
    try:
        return _MEANINGS[name](published, reader)
    except (ValueError, OverflowError):  # the calendar ends: nobody can say what "tomorrow" was on its last day
        return None
