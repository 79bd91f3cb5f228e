"""The phrases of a question: what it names, with the prepositions and articles before it, told by rules.

The rules are the `followups` of grammar.toml; countries and continents are named by Babel.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import takewhile

from babel import Locale

from bot.answers.asking import grammar, names_something
from bot.answers.wording import fold

SIGNS = " \t.,;:!?…¿¡\"'«»“”„()[]？！。，、；：—–-"
"""What may stand around a question without being part of it."""
YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*'?")
_CODE = re.compile(r"(?=.*[A-Za-z])\w*\d\w*|[A-Z]{2,}\w*")


class Kind(StrEnum):
    """What a phrase names: a fragment takes the place of a phrase of its own kind."""

    PLACE = "place"
    TIME = "time"
    CODE = "code"
    NAME = "name"
    NOUN = "noun"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a text by positions: prepositions from `start`, articles from `article`, `core` up to `end`."""

    kind: Kind
    start: int
    article: int
    core: int
    end: int

    @property
    def prepositional(self) -> bool:
        """Whether it begins with a preposition."""
        return self.article > self.start

    @property
    def definite(self) -> bool:
        """Whether it has an article or the like, apart from what its preposition may hold."""
        return self.core > self.article


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    folded: str
    start: int
    end: int


def pattern(language: str, name: str) -> str:
    """A regular expression of a language's follow-ups; one that matches nothing where the language has none."""
    return grammar(language).get("followups", {}).get(name) or "(?!)"


@cache
def _whole(language: str, name: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern(language, name)})")


def is_one(word: str, language: str, name: str) -> bool:
    """Whether a folded word is, as a whole, one of those that the rules of a language list under `name`."""
    return _whole(language, name).fullmatch(word) is not None


@cache
def places(language: str) -> frozenset[str]:
    """Countries and continents as the language calls them, folded."""
    return frozenset(fold(name).replace("’", "'") for name in Locale.parse(language).territories.values())


@cache
def tongues(language: str) -> frozenset[str]:
    """Languages as the language calls them, folded."""
    return frozenset(fold(name) for name in Locale.parse(language).languages.values())


def _is_place(folded: str, language: str) -> bool:
    """Also with the ending of a genitive: "außerhalb Chinas"."""
    names = places(language)
    return folded in names or folded.removesuffix("s") in names or is_one(folded, language, "places")


def _words(text: str) -> list[_Word]:
    folded = fold(text).replace("’", "'")
    return [_Word(text[m.start() : m.end()], m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]


def phrases(text: str, language: str, *, whole: bool) -> Iterator[Phrase]:
    """The phrases of a text, from left to right: names, places, years, codes, and single words of its matter.

    At the beginning of a `whole` question a capital tells nothing.
    """
    words = _words(text)
    at = 0
    while at < len(words):
        first = at + len(list(takewhile(lambda word: _is_head(word, language), words[at:])))
        article = first
        while article > at and is_one(words[article - 1].folded, language, "determiners"):
            article -= 1
        start = article
        while start > at and is_one(words[start - 1].folded, language, "prepositions"):
            start -= 1
        kind, count = _core(text, words[first:], language, opens=whole and first == 0)
        if kind is None:
            at = max(first, at + 1)
            continue
        if language == "de" and kind is Kind.NAME and article < first:
            kind, count = Kind.NOUN, 1  # every noun has a capital there, but names seldom have an article
        end = words[first + count - 1].end
        yield Phrase(kind, words[start].start, words[article].start, words[first].start, end)
        at = first + count


def _is_head(word: _Word, language: str) -> bool:
    return is_one(word.folded, language, "prepositions") or is_one(word.folded, language, "determiners")


def _core(text: str, words: Sequence[_Word], language: str, *, opens: bool) -> tuple[Kind | None, int]:
    """What stands at the beginning of `words`, and how many of them it takes."""
    for count in range(min(4, len(words)), 0, -1):
        joined = re.sub(r"\s+", " ", fold(text[words[0].start : words[count - 1].end]).replace("’", "'"))
        if _is_place(joined, language):
            return Kind.PLACE, count
    if not words:
        return None, 0
    if YEAR.fullmatch(words[0].text):
        return Kind.TIME, 1
    run = _name_run(text, words, language)
    if any(_CODE.fullmatch(name) for name in run):
        return Kind.CODE, len(run)
    if not names_something(words[0].folded, language):
        return None, 1
    return (Kind.NAME, len(run)) if run and not opens else (Kind.NOUN, 1)


def _name_run(text: str, words: Sequence[_Word], language: str) -> list[str]:
    """The names that stand side by side at the beginning of `words`: "Xu Fei", "Human x Car"."""
    run: list[str] = []
    end = words[0].start
    for word in words:
        if text[end : word.start].strip() or not (_is_name(word, language) or (run and word.text == "x")):
            break
        run.append(word.text)
        end = word.end
    while run and run[-1] == "x":
        run.pop()
    return run


def _is_name(word: _Word, language: str) -> bool:
    capital = word.text[0].isupper() and names_something(word.folded, language)
    return capital or _CODE.fullmatch(word.text) is not None


def question_words(text: str, language: str) -> tuple[int, int] | None:
    """Where the question words of `text` stand, (start, end): at its beginning or at its end."""
    folded = fold(text).replace("’", "'")
    if language == "zh":
        found = max(_whole("zh", "question").finditer(folded), key=lambda match: len(match.group()), default=None)
        return found.span() if found else None
    bounded = rf"(?<!\w)(?:{pattern(language, 'question')})(?:(?<=')|(?!\w))"
    start = len(text) - len(text.lstrip(SIGNS))
    match = re.compile(bounded).match(folded, start) or re.search(rf"{bounded}(?=[\W_]*$)", folded)
    return match.span() if match else None


def chinese_phrases(text: str) -> Iterator[Phrase]:
    """Places, years and Latin names of a Chinese text, with a preposition before them."""
    names = [*places("zh"), *pattern("zh", "places").split("|")]
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1)
    kinds = {Kind.PLACE: longest_first, Kind.TIME: r"(?:19|20)\d\d年?", Kind.CODE: r"[A-Za-z][A-Za-z\d]*(?: [A-Z]\w*)*"}
    for kind, names_of_kind in kinds.items():
        for match in re.finditer(rf"((?:{pattern('zh', 'prepositions')})?)({names_of_kind})", text):
            yield Phrase(kind, match.start(), match.start(2), match.start(2), match.end())
