"""What kind of answer a question asks for, told by its question words in six languages."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.answers.wording import fold, terms


class Asked(StrEnum):
    """The kind of answer; OTHER stands for everything that has no form of its own."""

    WHEN = "when"
    HOW_LONG = "how_long"
    PRICE = "price"
    HOW_MANY = "how_many"
    WHO = "who"
    WHERE = "where"
    WHY = "why"
    OTHER = "other"


Grammar = Mapping[str, Mapping[str, str]]
"""The tables `words`, `asks` and `values` of one language."""


@cache
def _grammars() -> Mapping[str, Grammar]:
    text = files("bot.answers").joinpath("grammar.toml").read_text(encoding="utf-8")
    grammars: dict[str, Grammar] = tomllib.loads(text)
    return grammars


def grammar(language: str) -> Grammar:
    """What grammar.toml says of a language; empty tables where it says nothing."""
    return _grammars().get(language, {"words": {}, "asks": {}, "values": {}})


def bounded(pattern: str, language: str) -> str:
    """A pattern that matches whole words only, in languages that part them."""
    return f"(?:{pattern})" if language == "zh" else rf"(?<!\w)(?:{pattern})(?!\w)"


@cache
def _question_words(language: str) -> tuple[tuple[Asked, re.Pattern[str]], ...]:
    return tuple(
        (Asked(kind), re.compile(bounded(pattern, language))) for kind, pattern in grammar(language)["asks"].items()
    )


def what_is_asked(question: str, language: str) -> Asked:
    """The kind of answer that the earliest, then longest question word of `question` asks for."""
    folded = fold(question).replace("’", "'")
    matches = [
        (match.start(), -match.end(), kind)
        for kind, pattern in _question_words(language)
        if (match := pattern.search(folded))
    ]
    if language == "zh":  # the question word stands anywhere in a Chinese sentence: the most telling one counts
        matches = [({Asked.PRICE: 0, Asked.OTHER: 2}.get(kind, 1), end, kind) for _, end, kind in matches]
    return min(matches)[2] if matches else Asked.OTHER


@cache
def _function_words(language: str) -> frozenset[str]:
    return frozenset(fold(grammar(language)["words"].get("function", "")).split())


def names_something(question: str, language: str) -> bool:
    """Whether a question has any word of its own: "who?" alone asks about nothing."""
    return bool(_content(question, language))


def content_terms(question: str, language: str) -> frozenset[str]:
    """The terms of what a question is about, without the words that any question could have.

    A question of nothing else keeps them all, and so does one in Chinese, where pairs of characters tell no words.
    """
    return terms(_content(question, language)) or terms(question)


def _content(question: str, language: str) -> str:
    drop = _function_words(language)
    return " ".join(word for word in re.findall(r"[^\W_]+", fold(question)) if word not in drop)


def languages_asking(question: str, languages: Iterable[str]) -> frozenset[str]:
    """The languages, of those given, that `question` has a telling question word of, or that it opens in."""
    folded = fold(question).replace("’", "'").lstrip(" ¿¡\"'«“(")
    return frozenset(
        language
        for language in languages
        if any(
            pattern.match(folded) if kind is Asked.OTHER else pattern.search(folded)
            for kind, pattern in _question_words(language)
        )
    )


def telling_words(question: str, languages: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The folded words of `question` that hold a sentence together or ask, by the one language, of those given, that
    has them: the "der" of "was kostet der" is German, where its "was" is English too."""
    folded = fold(question).replace("’", "'")
    words = frozenset(re.findall(r"[^\W_]+", folded))
    had = {
        language: (words & _function_words(language)).union(
            *(
                re.findall(r"[^\W_]+", match.group())
                for kind, pattern in _question_words(language)
                if kind is not Asked.OTHER and (match := pattern.search(folded))
            )
        )
        for language in languages
    }
    in_languages = Counter(word for words in had.values() for word in words)
    return {language: frozenset(word for word in words if in_languages[word] == 1) for language, words in had.items()}
