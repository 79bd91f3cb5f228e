"""Small talk: messages that are nothing but a greeting, thanks and the like. The phrases are in the locales."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.answers.wording import fold
from bot.settings import LANGUAGES
from bot.texts import phrasebook

_NOT_WORDS = re.compile(r"[\W_]+")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


class Smalltalk(StrEnum):
    """What a message without a question is."""

    GREETING = "greeting"
    THANKS = "thanks"
    IDENTITY = "identity"
    WELLBEING = "wellbeing"
    FAREWELL = "farewell"
    WORDLESS = "wordless"
    """Nothing but signs: an emoji, a question mark."""


@dataclass(frozen=True, slots=True)
class Chatter:
    """Small talk recognised: its kind, and the language if the phrase tells it."""

    kind: Smalltalk
    language: str | None


def _normal(text: str) -> str:
    """Folded, ß as capitals write it, without signs, stretched letters shortened ("hellooo" to "hello")."""
    return _STRETCHED.sub(r"\1", _NOT_WORDS.sub(" ", fold(text.replace("ß", "ss")))).strip()


@cache
def _phrases(language: str) -> Mapping[str, Smalltalk | None]:
    """Normal form of every phrase of a language -> its kind, None for words that only fill."""
    book = phrasebook(language).smalltalk
    kinds = {_normal(phrase): kind for kind in Smalltalk for phrase in book.get(kind, ())}
    return {**{_normal(phrase): None for phrase in book["fillers"]}, **kinds}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    longest_first = sorted(_phrases(language), key=len, reverse=True)
    boundary = "" if language == "zh" else r"(?=\s|$)"
    return re.compile(rf"({'|'.join(re.escape(phrase) for phrase in longest_first)}){boundary}\s*")


def _read(text: str, language: str) -> Smalltalk | None:
    """The kind of a text that is nothing but phrases of `language`; the most telling one if there are several."""
    position, kinds = 0, set[Smalltalk]()
    while position < len(text):
        match = _pattern(language).match(text, position)
        if match is None:
            return None
        kind = _phrases(language)[match.group(1)]
        if kind is not None:
            kinds.add(kind)
        position = match.end()
    telling = (
        Smalltalk.IDENTITY,
        Smalltalk.WELLBEING,
        Smalltalk.FAREWELL,
        Smalltalk.THANKS,
        Smalltalk.GREETING,
    )
    return next((kind for kind in telling if kind in kinds), None)


def recognise(text: str, likely: Sequence[str] = ()) -> Chatter | None:
    """Small talk in any language of the bot, those in `likely` tried first; None for anything else."""
    normal = _normal(text)
    if not normal:
        return Chatter(Smalltalk.WORDLESS, None)
    for language in dict.fromkeys([*(code for code in likely if code in LANGUAGES), *LANGUAGES]):
        kind = _read(normal, language)
        if kind is not None:
            return Chatter(kind, language)
    return None
