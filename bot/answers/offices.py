"""The offices that a text names: who leads a company is not told by a sentence about its vice president.

The words are the `offices` of grammar.toml, each office with those of one language; a word may stand for several.
"""

import re
from functools import cache, lru_cache

from bot.answers.asking import Asked, bounded, grammar, what_is_asked
from bot.answers.wording import fold

PART = "part"
"""Whoever leads a part of the whole: a department, a project. They have too many names to tell one from another."""
_NO_OFFICES = frozenset({"names", "deeds"})
_DOES = "_does"
"""What a key ends in whose words say by a verb who holds the office that it begins with."""
ALIKE = 4
"""Letters at the beginning that two forms of one word share."""
APART = 5
"""Words that may stand between "who is" and the office asked for."""
FEW = 5
"""A question of so few words asks for the office that it names: "ceo xiaomi"."""
CACHED = 20_000
"""Sentences whose offices are remembered; of questions nothing is."""


@cache
def _pattern(language: str, name: str) -> re.Pattern[str]:
    return re.compile(bounded(grammar(language).get("offices", {}).get(name) or "(?!)", language))


@cache
def _question_word(language: str) -> re.Pattern[str]:
    return re.compile(bounded(grammar(language)["asks"].get("other") or "(?!)", language))


def _folded(text: str) -> str:
    return fold(text).replace("’", "'")


def _found(text: str, language: str) -> tuple[tuple[int, int, str], ...]:
    """The offices with their places (start, end); of words within longer ones the longest count."""
    folded = _folded(text)
    every = [
        (*match.span(), name)
        for name in grammar(language).get("offices", {})
        if name not in _NO_OFFICES and not name.endswith(_DOES)
        for match in _pattern(language, name).finditer(folded)
    ]
    spans = {(start, end) for start, end, _ in every}
    longest = {s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)}
    known = {(start, end) for start, end, name in every if name != PART}
    return tuple(
        (start, end, name)
        for start, end, name in every
        if (start, end) in longest and (name != PART or (start, end) not in known)
    )


@lru_cache(CACHED)
def offices(sentence: str, language: str) -> frozenset[str]:
    """The names of the offices in a sentence: "vice president" is no president, "founder and CEO" are two."""
    return frozenset(name for _, _, name in _found(sentence, language))


def _length(text: str, language: str) -> float:
    """In words; a Chinese word has about two characters."""
    return len(text) / 2 if language == "zh" else len(re.findall(r"\w+", text))


def office_asked(question: str, language: str) -> frozenset[str]:
    """The office whose holder a question wants, by all that its word may stand for; empty where it wants another thing.

    "Who is the mayor?", "name of the mayor" and "mayor of Bergen" do, "why did the mayor resign?" does not. Who leads a
    part of the whole is nobody that could be told apart here.
    """
    found = _found(question, language)
    named = frozenset(name for _, _, name in found)
    if not named or PART in named or what_is_asked(question, language) not in {Asked.WHO, Asked.OTHER}:
        return frozenset()
    folded = _folded(question)
    for match in _pattern(language, "names").finditer(folded):
        between = (folded[match.end() : s] if s >= match.end() else folded[e : match.start()] for s, e, _ in found)
        if any(_length(words, language) <= APART for words in between):
            return named
    bare = _length(folded, language) <= FEW and not _question_word(language).search(folded)
    return named if bare else frozenset()


def _part_in_question(question: str, language: str, sentence: str, told_in: str) -> bool:
    """Whether what a part is led of is named by the question: of the castle, "the castle director" leads the whole."""
    asked = _folded(question)
    for start, end in sorted({(start, end) for start, end, _ in _found(question, language)}, reverse=True):
        asked = f"{asked[:start]} {asked[end:]}"
    words = tuple(word[:ALIKE] for word in re.findall(r"\w+", asked) if len(word) >= ALIKE)
    told = _folded(sentence)
    parts = (told[start:end] for start, end, name in _found(sentence, told_in) if name == PART)
    return any(word.startswith(words) for part in parts for word in re.findall(r"\w+", part))


def names_other_offices(question: str, language: str, sentence: str, told_in: str) -> bool:
    """Whether a question wants the holder of an office, and the sentence (in the language `told_in`) names others only.

    A sentence that names none, or says by a verb who leads, founded or owns, may still state it.
    """
    asked = office_asked(question, language)
    told = offices(sentence, told_in) if asked else frozenset()
    if not told or asked & told or _part_in_question(question, language, sentence, told_in):
        return False
    verbs = ("deeds", *(f"{office}{_DOES}" for office in asked))
    return not any(_pattern(told_in, verb).search(_folded(sentence)) for verb in verbs)
