"""What the bot says: one TOML file a language in `bot/locales`, dates by Babel, values always escaped."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_day_names

from bot.settings import LANGUAGES

_REGIONS = {"en": "en_GB"}
"""English dates are written day first: the readers of an announcement are all over the world."""


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """One language's file: texts by key, command descriptions, small talk by kind, patterns for sample questions, and
    the names of topics, the first of each the one that is shown."""

    own_name: str
    bot: Mapping[str, str]
    commands: Mapping[str, str]
    texts: Mapping[str, str]
    smalltalk: Mapping[str, Sequence[str]]
    samples: Mapping[str, Sequence[str]]
    topics: Mapping[str, Sequence[str]]


@cache
def phrasebook(language: str) -> Phrasebook:
    """The file of one of LANGUAGES."""
    table = tomllib.loads(files("bot.locales").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return Phrasebook(
        own_name=table["name"]["own"],
        bot=table["bot"],
        commands=table["commands"],
        texts=table["texts"],
        smalltalk=table["smalltalk"],
        samples=table["samples"],
        topics=table["topics"],
    )


def spoken(language: str) -> str:
    """The language that the bot speaks to an asker of `language`: the same, or English."""
    return language if language in LANGUAGES else "en"


def say(language: str, key: str, /, **values: object) -> str:
    """One text as HTML; what is filled in is escaped, and cannot bring tags of its own."""
    template = phrasebook(spoken(language)).texts[key]
    return template.format(**{name: escape(str(value), quote=False) for name, value in values.items()})


def say_html(language: str, key: str, /, **values: str) -> str:
    """One text whose values are HTML already."""
    return phrasebook(spoken(language)).texts[key].format(**values)


def listed(names: Iterable[str], language: str) -> str:
    """Names one after the other, with the comma of the language."""
    return ("、" if spoken(language) == "zh" else ", ").join(names)


def day(language: str, when: date) -> str:
    """A date as the language writes it in full: 24 September 2025, 2025年9月24日."""
    return str(format_date(when, format="long", locale=_REGIONS.get(spoken(language), spoken(language))))


def short_day(language: str, when: date) -> str:
    """A day of a year that is known, in few letters: 24 Sept, 9月24日."""
    return str(format_skeleton("MMMd", when, locale=_REGIONS.get(spoken(language), spoken(language))))


def month(language: str, when: date) -> str:
    """A month with its year as the language writes it: September 2025, 2025年9月."""
    return str(format_skeleton("yMMMM", when, locale=_REGIONS.get(spoken(language), spoken(language))))


def year(language: str, when: date) -> str:
    """A year as the language writes it: 2025, 2025年."""
    return str(format_skeleton("y", when, locale=spoken(language)))


def weekday(language: str, number: int) -> str:
    """A day of the week, 0 for Monday, as it stands within a sentence: Monday, lunedì, 星期一."""
    return str(get_day_names("wide", locale=_REGIONS.get(spoken(language), spoken(language)))[number])


def language_name(code: str, language: str) -> str:
    """The name of the language `code` in `language`; the code itself where Babel has no name."""
    try:
        return str(Locale.parse(spoken(language)).languages.get(code, code))
    except (UnknownLocaleError, ValueError):
        return code
