"""Small talk: messages that are nothing but a greeting, thanks and the like, or the plain wish to hear of news or to
hear no more. The phrases are in the locales."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.answers.asking import languages_asking
from bot.answers.wording import fold
from bot.settings import LANGUAGES
from bot.texts import phrasebook

_NOT_WORDS = re.compile(r"[\W_]+")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_QUESTION_MARK = re.compile(r"[?？¿]")
_LAUGHTER = re.compile(r"\b(([^\W\d])[^\W\d])\1+\2?\b")


class Smalltalk(StrEnum):
    """What a message without a question is."""

    FOLLOW = "follow"
    """The wish to hear what comes next: "keep me posted"."""
    LEAVE = "leave"
    """The wish to be sent no more news: "stop"."""
    GREETING = "greeting"
    THANKS = "thanks"
    IDENTITY = "identity"
    WELLBEING = "wellbeing"
    FAREWELL = "farewell"
    REMARK = "remark"
    """Words that ask nothing and wait for nothing: yes, haha, never mind."""
    WORDLESS = "wordless"
    """Nothing but signs: an emoji, a question mark."""


@dataclass(frozen=True, slots=True)
class Chatter:
    """Small talk recognised: its kind, and the language if the phrase tells it."""

    kind: Smalltalk
    language: str | None


def _normal(text: str) -> str:
    """Folded, ß as capitals write it, without signs, stretched letters shortened ("hellooo" to "hello"), and a word
    that is one syllable again and again ("hahahah" to "haha")."""
    words = _STRETCHED.sub(r"\1", _NOT_WORDS.sub(" ", fold(text.replace("ß", "ss"))))
    return _LAUGHTER.sub(r"\1\1", words).strip()


@cache
def _phrases(language: str) -> Mapping[str, Smalltalk | None]:
    """Normal form of every phrase of a language -> its kind, None for words that only fill."""
    book = phrasebook(language).smalltalk
    kinds = {_normal(phrase): kind for kind in Smalltalk for phrase in book.get(kind, ())}
    return {**{_normal(phrase): None for phrase in book["fillers"]}, **kinds}


@cache
def _by_first_letter(language: str) -> Mapping[str, Sequence[str]]:
    """The normal forms by their first letters, the longest first."""
    found: dict[str, list[str]] = {}
    for phrase in sorted(filter(None, _phrases(language)), key=len, reverse=True):
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _beginnings(text: str, position: int, language: str) -> Iterator[str]:
    """The phrases that the text goes on with there, the longest first."""
    for phrase in _by_first_letter(language).get(text[position], ()):
        end = position + len(phrase)
        if text.startswith(phrase, position) and (language == "zh" or text[end : end + 1] in {"", " "}):
            yield phrase


def _parted(text: str, language: str) -> Sequence[str] | None:
    """A text that is nothing but phrases of `language`, in phrases: long ones rather than short ones; else None."""
    tried = {0}
    branches = [(0, _beginnings(text, 0, language))]
    taken: list[str] = []
    while branches:
        position, beginnings = branches[-1]
        phrase = next(beginnings, None)
        if phrase is None:  # what led here is no way
            branches.pop()
            del taken[-1:]
            continue
        end = position + len(phrase)
        end += text[end : end + 1] == " "
        if end == len(text):
            return [*taken, phrase]
        if end not in tried:
            tried.add(end)
            taken.append(phrase)
            branches.append((end, _beginnings(text, end, language)))
    return None


def _asks(text: str, language: str) -> bool:
    return _QUESTION_MARK.search(text) is not None or bool(languages_asking(text, [language]))


def _read(text: str, language: str) -> Smalltalk | None:
    """The kind of a text that is nothing but phrases of `language`; the most telling one if there are several.

    What asks for something is none where only fillers make it whole: "is it a test?" is no "test".
    """
    kinds = {_phrases(language)[phrase] for phrase in _parted(_normal(text), language) or ()}
    if None in kinds and kinds <= {None, Smalltalk.THANKS, Smalltalk.REMARK} and _asks(text, language):
        return None
    telling = (
        Smalltalk.LEAVE,
        Smalltalk.FOLLOW,
        Smalltalk.IDENTITY,
        Smalltalk.WELLBEING,
        Smalltalk.FAREWELL,
        Smalltalk.THANKS,
        Smalltalk.GREETING,
        Smalltalk.REMARK,
    )
    return next((kind for kind in telling if kind in kinds), None)


def recognise(text: str, likely: Sequence[str] = ()) -> Chatter | None:
    """Small talk in any language of the bot, those in `likely` tried first; None for anything else."""
    if not _normal(text):
        return Chatter(Smalltalk.WORDLESS, None)
    for language in dict.fromkeys([*(code for code in likely if code in LANGUAGES), *LANGUAGES]):
        kind = _read(text, language)
        if kind is not None:
            return Chatter(kind, language)
    return None
