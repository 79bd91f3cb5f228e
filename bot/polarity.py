"""Yes or no: whether a question asks for it, and whether a sentence says it plainly enough to lead with the word.

A wrong yes is worse than none, so every doubt leaves the sentence to speak for itself. A lead is given only where one
clause has all that the question says, in the same order of names and the same tense, and nothing in either bends it
("may", "only", "until", "vice"): what bends is listed in grammar.toml.
"""

import re
from enum import StrEnum
from functools import cache

from bot.asking import Asked, bounded, grammar
from bot.evidence import question_names
from bot.ranking import Query
from bot.wording import fold, terms

FEWEST = 3
"""Terms that a question must have of its own: of fewer, a sentence about anything may have all."""
_PAUSE = re.compile(r"[;:()（），；：。、—–]|,(?!\d)|\.(?!\d)")
_HAN = re.compile(r"[\u3400-\u9fffA-Za-z\d]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z\d-]*")
_GLOSS = re.compile(r"（[A-Za-z][^）]*）")
"""What Chinese adds to a name: 徐飞（Xu Fei）."""


class Polarity(StrEnum):
    """What a sentence says to a question."""

    YES = "yes"
    NO = "no"


@cache
def _pattern(language: str, name: str) -> re.Pattern[str]:
    pattern = grammar(language).get("polarity", {}).get(name)
    return re.compile(bounded(pattern, language) if pattern else "(?!)")


@cache
def _opening(language: str) -> re.Pattern[str]:
    return re.compile(grammar(language).get("polarity", {}).get("asks", "(?!)"))


@cache
def _joints(language: str) -> re.Pattern[str]:
    """With their accents: Italian "è" joins nothing."""
    joints = grammar(language).get("polarity", {}).get("joints")
    return re.compile(bounded(joints, language) if joints else "(?!)", re.IGNORECASE)


def asks_yes_or_no(query: Query) -> bool:
    """Whether a question wants to be told yes or no, and offers no choice."""
    if query.asked is not Asked.OTHER:
        return False
    text = query.text.lstrip(" ¿¡\"'«“(").replace("’", "'")
    text = text[:1].lower() + text[1:]
    opening = _opening(query.language).search(text)
    asks = opening is not None and (query.language == "en" or text.rstrip(" \"'»”)").endswith(("?", "？")))
    return asks and _pattern(query.language, "rather").search(fold(text)) is None


def polarity(query: Query, sentence: str, language: str) -> Polarity | None:
    """Yes, no, or None where the sentence had better speak for itself."""
    if query.language != language or not asks_yes_or_no(query):
        return None
    wanted = _wanted(query)
    clauses = _clauses(_GLOSS.sub("", sentence), language)
    if not _enough(wanted, language) or not any(_has_all(clause, wanted, language) for clause in clauses):
        return None
    if not _same_order(query, sentence) or not _equally_sure(query, sentence, language):
        return None
    question = _opening("zh").sub("", query.text) if language == "zh" else query.text  # 是不是 denies nothing
    asked, said = _found(question, language, "negations"), _found(sentence, language, "negations")
    if not asked and not said:
        return Polarity.YES
    denied = _pattern(language, "denials").findall(_folded(sentence))
    return Polarity.NO if not asked and len(denied) == 1 and not _leaves(sentence, language) else None


def _folded(text: str) -> str:
    return fold(text).replace("’", "'")


def _found(text: str, language: str, name: str) -> frozenset[str]:
    return frozenset(match.group() for match in _pattern(language, name).finditer(_folded(text)))


def _leaves(sentence: str, language: str) -> bool:
    """Whether a negation is left once the plain ones are taken away: "not", but "without" as well."""
    rest = _pattern(language, "denials").sub(" ", _folded(sentence))
    return _pattern(language, "negations").search(rest) is not None


def _wanted(query: Query) -> frozenset[str]:
    """What the sentence must have of the question."""
    if query.language != "zh":
        return query.terms
    parts = _pattern("zh", "skip").split(fold(query.text))
    return frozenset(piece for part in parts for piece in _HAN.findall(part))


def _enough(wanted: frozenset[str], language: str) -> bool:
    return (len("".join(wanted)) >= 2 * FEWEST) if language == "zh" else len(wanted) >= FEWEST


def _has_all(clause: str, wanted: frozenset[str], language: str) -> bool:
    if language == "zh":
        bare = _pattern("zh", "skip").sub("", fold(clause))
        return all(piece in bare for piece in wanted)
    return wanted <= terms(clause)


def _clauses(sentence: str, language: str) -> list[str]:
    """The sentence from pause to pause and from "and" to "and": what stands in two of them may not belong together."""
    joints = _joints(language)
    clauses = []
    for part in _PAUSE.split(sentence):
        start = 0
        for match in joints.finditer(part.replace("’", "'")):
            clauses.append(part[start : match.start()])
            start = match.end()
        clauses.append(part[start:])
    return clauses


def _same_order(query: Query, sentence: str) -> bool:
    """Whether the names of the question follow each other in the sentence too: who did what to whom."""
    names = _LATIN.findall(query.text) if query.language == "zh" else question_names(query.text, query.language)
    places = [fold(sentence).find(fold(name)) for name in dict.fromkeys(names)]
    return all(place >= 0 for place in places) and places == sorted(places)


def _equally_sure(query: Query, sentence: str, language: str) -> bool:
    """Whether nothing bends one of the two that does not bend the other, and both look ahead or neither does.

    A sentence may say from when on, though it was not asked.
    """
    question = query.text[:1].lower() + query.text[1:]
    future = _pattern(language, "future")
    ahead = [future.search(text.casefold().replace("’", "'")) is not None for text in (question, sentence)]
    asked, said = _found(query.text, language, "hedges"), _found(sentence, language, "hedges")
    harmless = _pattern(language, "harmless")
    return ahead[0] == ahead[1] and asked <= said and all(harmless.fullmatch(word) for word in said - asked)
