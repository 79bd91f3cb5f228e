"""Yes or no: whether a question asks for it, and whether a sentence says it plainly enough to lead with the word.

A wrong yes is worse than none, so every doubt leaves the sentence to speak for itself. A lead is given only where one
clause has all the words of the question in their order, each with its prepositions ("in China" is not "outside China"),
in the same tense, and nothing in either bends it ("may", "only", "until", "vice"): what bends is listed in
grammar.toml. A no, moreover, only where the sentence says nothing else: who sells no red cars may sell cars.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.answers.asking import Asked, bounded, grammar, names_something
from bot.answers.counting import PAUSE
from bot.answers.phrases import is_one
from bot.answers.ranking import Query
from bot.answers.wording import fold, terms

FEWEST = 3
"""Words that a question must have of its own: of fewer, a sentence about anything may have all."""
_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
_HAN = re.compile(r"[\u3400-\u9fffA-Za-z\d]+")
_GLOSS = re.compile(r"（[A-Za-z][^）]*）")
"""What Chinese adds to a name: 徐飞（Xu Fei）."""


class Polarity(StrEnum):
    """What a sentence says to a question."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that tells something, folded; a number is one with its scale: "2 million"."""

    text: str
    led: tuple[str, ...]
    """The prepositions that stand before it and before what it belongs to."""
    phrase: int
    """Counts the phrases that prepositions open; 0 before the first."""
    capital: bool


@cache
def _pattern(language: str, name: str) -> re.Pattern[str]:
    pattern = grammar(language).get("polarity", {}).get(name)
    return re.compile(bounded(pattern, language) if pattern else "(?!)")


@cache
def _opening(language: str) -> re.Pattern[str]:
    return re.compile(grammar(language).get("polarity", {}).get("asks", "(?!)"))


@cache
def _accented(language: str, name: str) -> re.Pattern[str]:
    """With their accents: Italian "è" joins nothing."""
    pattern = grammar(language).get("polarity", {}).get(name)
    return re.compile(bounded(pattern, language) if pattern else "(?!)", re.IGNORECASE)


@cache
def _words(language: str) -> re.Pattern[str]:
    values = grammar(language)["values"]
    scales, spelled = values.get("scales", "(?!)"), values.get("number_words", "(?!)")
    return re.compile(rf"(?:{_NUMBER}|(?<!\w)(?:{spelled})(?!\w))(?:[ \u00a0]?(?:%|(?:{scales})(?!\w)))?|[^\W_]+'?")


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
    if query.language != language or not asks_yes_or_no(query) or "?" in sentence or "？" in sentence:
        return None
    said = _GLOSS.sub("", sentence)
    if not any(_says(clause, query, language) for clause in _clauses(said, language)):
        return None
    if not _equally_sure(query, sentence, language):
        return None
    asked = _found(_statement(query), language, "negations")
    if not asked and not _found(sentence, language, "negations"):
        return Polarity.YES
    denied = _pattern(language, "denials").findall(_folded(sentence))
    rest = _pattern(language, "denials").sub(" ", _folded(said))
    plain = len(denied) == 1 and _pattern(language, "negations").search(rest) is None
    return Polarity.NO if not asked and plain and not _says_more(rest, query, language) else None


def denies(text: str, language: str, *, plainly: bool) -> bool:
    """Whether a text denies anything: in any word of it, or `plainly`, by a word that denies a whole sentence."""
    return bool(_found(text, language, "denials" if plainly else "negations"))


def _folded(text: str) -> str:
    return fold(text).replace("’", "'")


def _found(text: str, language: str, name: str) -> frozenset[str]:
    return frozenset(match.group() for match in _pattern(language, name).finditer(_folded(text)))


def _statement(query: Query) -> str:
    """The question without what only makes it one: 是不是 denies nothing."""
    return _opening("zh").sub("", query.text) if query.language == "zh" else query.text


def _clauses(sentence: str, language: str) -> list[str]:
    """The sentence from pause to pause and from "and" to "and": what stands in two of them may not belong together."""
    joints = _accented(language, "joints")
    clauses = []
    for part in PAUSE.split(sentence):
        start = 0
        for match in joints.finditer(part.replace("’", "'")):
            clauses.append(part[start : match.start()])
            start = match.end()
        clauses.append(part[start:])
    return clauses


def _says(clause: str, query: Query, language: str) -> bool:
    """Whether a clause has all that the question says, of the same time and with or without a copula as well."""
    for name in ("copula", "past", "participles"):
        one, other = (_accented(language, name).search(text.replace("’", "'")) for text in (query.text, clause))
        if (one is None) != (other is None):
            return False
    if language == "zh":
        pieces = _pieces(query)
        if clause.count("的") > query.text.count("的"):  # of whom something is told may be another then
            return False
        return len("".join(pieces)) >= 2 * FEWEST and _one_after_the_other(pieces, _bare(clause))
    wanted, said = _telling(query.text, language), _telling(clause, language)
    return len({word.text for word in wanted}) >= FEWEST and _in_order(wanted, said)


def _says_more(rest: str, query: Query, language: str) -> bool:
    """Whether what is left of a denial tells anything that the question does not."""
    if language == "zh":
        return not set(_bare("".join(_HAN.findall(rest)))) <= set("".join(_pieces(query)))
    wanted = _telling(query.text, language)
    return not all(any(_alike(word.text, other.text) for other in wanted) for word in _telling(rest, language))


def _bare(text: str) -> str:
    return _pattern("zh", "skip").sub("", fold(text))


def _pieces(query: Query) -> list[str]:
    """What a Chinese sentence must have of the question, in its order."""
    parts = _pattern("zh", "skip").split(fold(query.text))
    return [piece for part in parts for piece in _HAN.findall(part)]


def _one_after_the_other(pieces: Sequence[str], text: str) -> bool:
    """Whether a Chinese text has all the pieces, each by itself: the SU of no SU7, the 3 of no 30 and of no 3万."""
    end = 0
    for piece in pieces:
        before = r"(?<![A-Za-z\d.,])" if piece[0].isascii() else ""
        after = r"(?![A-Za-z\d%]|[.,]\d|[十百千万亿])" if piece[-1].isascii() else ""
        found = re.compile(before + re.escape(piece) + after).search(text, end)
        if found is None:
            return False
        end = found.end()
    return True


def _telling(text: str, language: str) -> list[_Word]:
    """The words of a text that tell something, with the prepositions that lead to them."""
    words: list[_Word] = []
    led: tuple[str, ...] = ()
    phrase, behind = 0, False
    for match in _words(language).finditer(_folded(text)):
        word = match.group().rstrip("'")
        if any(is_one(form, language, "prepositions") for form in (word, f"{word}'")) or _turns(word, language):
            led, phrase, behind = ((*led, word), phrase, True) if behind else ((word,), phrase + 1, True)
        elif names_something(word, language):
            words.append(_Word(word, led, phrase if led else 0, text[match.start()].isupper()))
            led, behind = (() if word[0].isdigit() else led), False
    return words


def _turns(word: str, language: str) -> bool:
    return _pattern(language, "turns").fullmatch(word) is not None


def _in_order(wanted: Sequence[_Word], said: Sequence[_Word]) -> bool:
    """Whether all the words wanted are said in their order, but for the verb that opens a question."""
    places = _places(wanted, said)
    if places is None:
        places = _places(wanted[1:], said)
        verb = next((at for at, word in enumerate(said) if not word.capital and _same(wanted[0], word)), None)
        if places is None or verb is None or verb in places:
            return False
        places = tuple(sorted((verb, *places)))
    phrases = {0, *(said[place].phrase for place in places)}
    between = (said[at] for at in range(places[0], places[-1]) if at not in places)
    return all(word.phrase in phrases or word.text[0].isdigit() for word in between)


def _places(wanted: Sequence[_Word], said: Sequence[_Word]) -> tuple[int, ...] | None:
    """Where the words wanted stand one after the other; None where one is lacking."""
    places: list[int] = []
    for word in wanted:
        start = places[-1] + 1 if places else 0
        place = next((at for at in range(start, len(said)) if _same(word, said[at])), None)
        if place is None:
            return None
        places.append(place)
    return tuple(places)


def _same(wanted: _Word, said: _Word) -> bool:
    return wanted.led == said.led and _alike(wanted.text, said.text)


def _alike(one: str, other: str) -> bool:
    """Whether two words differ in their endings only: "electric" and "electronic" begin alike."""
    if one[0].isdigit() or other[0].isdigit():
        return re.sub(r"\W(?=\d{3})", "", one) == re.sub(r"\W(?=\d{3})", "", other)
    if terms(one) != terms(other):
        return False
    lengths = sorted((len(one), len(other)))
    return one[: max(lengths[0] - 1, lengths[1] - 3)] == other[: max(lengths[0] - 1, lengths[1] - 3)]


def _equally_sure(query: Query, sentence: str, language: str) -> bool:
    """Whether nothing bends one of the two that does not bend the other, and both look ahead or neither does.

    A sentence may say from when on, though it was not asked.
    """
    question = query.text[:1].lower() + query.text[1:]
    future = _accented(language, "future")
    asked_ahead, said_ahead = (
        {match.group() for match in future.finditer(text.casefold().replace("’", "'"))} for text in (question, sentence)
    )
    for pattern in grammar(language).get("relative", {}).values():
        day = re.compile(bounded(pattern, language))
        if day.search(_folded(query.text)) and not day.search(_folded(sentence)):
            return False
    asked, said = _found(query.text, language, "hedges"), _found(sentence, language, "hedges")
    harmless = _pattern(language, "harmless")
    ahead = bool(asked_ahead - said_ahead) == bool(said_ahead - asked_ahead)
    return ahead and asked <= said and all(harmless.fullmatch(word) for word in said - asked)
