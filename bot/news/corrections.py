"""What an edition says no longer: the former sentences beside those that stand in their place now.

A sentence that moved, or that was only put in other words or signs, says what it said; what counts is a value that a
reader may have gone by: a date, a number, a name, a "no".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from bot.answers.polarity import denies
from bot.answers.values import dates, durations, names, quantities
from bot.answers.wording import bare, terms
from corpus.model import Article, Edition, Sentence

REWORDED = 0.4
"""Share of terms in common (Dice) from which on a new sentence stands in the place of a former one."""
TYPO = 0.8
"""Likeness of letters (0 to 1) from which on two names are one, spelled better."""
_FIGURES = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Correction:
    """A sentence (by id) of an edition that stands no longer: what it said, and what is said now, if anything."""

    sentence: str
    language: str
    was: str = field(repr=False)
    now: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Value:
    """A date, a duration or a quantity: its figures, digits only, and its words."""

    figures: frozenset[str]
    words: frozenset[str]


def corrections(before: Article | None, after: Article | None) -> tuple[Correction, ...]:
    """What stood in an article's editions and stands no longer, edition by edition."""
    if before is None:
        return ()
    found: list[Correction] = []
    for edition in before.editions:
        now = after.edition(edition.language) if after is not None else None
        if now != edition:
            found.extend(_of_edition(edition, now))
    return tuple(found)


def _of_edition(before: Edition, after: Edition | None) -> Iterator[Correction]:
    language = before.language
    current = after.sentences if after is not None else ()
    kept = {bare(sentence.text) for sentence in current}
    former = {bare(sentence.text) for sentence in before.sentences}
    new = [sentence for sentence in current if bare(sentence.text) not in former]
    for sentence in before.sentences:
        if bare(sentence.text) in kept:
            continue
        place = _place(sentence, new)
        if place is None:
            if not _told_elsewhere(sentence.text, new, language):
                yield Correction(sentence.id, language, sentence.text)
            continue
        around = " ".join(other.text for other in new[max(0, place - 1) : place + 2])
        if _differs(sentence.text, new[place].text, around, language):
            yield Correction(sentence.id, language, sentence.text, new[place].text)


def _place(sentence: Sentence, new: Sequence[Sentence]) -> int | None:
    """Which of the new sentences stands in the place of a former one."""
    alike = [_shared(sentence.text, other.text) for other in new]
    best = max(range(len(new)), key=lambda n: alike[n], default=None)
    return best if best is not None and alike[best] >= REWORDED else None


def _shared(one: str, other: str) -> float:
    """Share of terms in common, 0 to 1."""
    here, there = terms(one), terms(other)
    return 2 * len(here & there) / (len(here) + len(there)) if here or there else 0.0


def _told_elsewhere(text: str, new: Iterable[Sentence], language: str) -> bool:
    """Whether a sentence in quite other words has all the values of this one, which has some."""
    return bool(_values(text, language)) and any(
        not _differs(text, other.text, other.text, language) for other in new if _values(other.text, language)
    )


def _differs(was: str, now: str, around: str, language: str) -> bool:
    """Whether a value of the former sentence is neither in the one in its place nor in those `around` it."""
    told = _values(around, language)
    if any(not any(_same(value, other) for other in told) for value in _values(was, language)):
        return True
    if _renamed(was, now, around, language):
        return True
    return denies(was, language, plainly=True) != denies(now, language, plainly=True)


def _values(text: str, language: str) -> tuple[_Value, ...]:
    spans = (*dates(text, language), *durations(text, language), *quantities(text, language))
    return tuple(
        _Value(
            frozenset("".join(filter(str.isdigit, figure)) for figure in _FIGURES.findall(span)),
            frozenset(word for letters in _LETTERS.findall(span) for word in terms(letters)),
        )
        for span in (text[value.start : value.end] for value in spans)
    )


def _same(one: _Value, other: _Value) -> bool:
    """The same figures, and no other unit or scale; of values without figures, the same words."""
    if one.figures != other.figures:
        return False
    if not one.figures:
        return one.words == other.words
    return one.words <= other.words or other.words <= one.words


def _renamed(was: str, now: str, around: str, language: str) -> bool:
    """Whether a name was put in the place of another: a name that is only left out was not."""
    former, current = _named(was, language), _named(now, language)
    near = bare(around)
    gone = [name for name in former if bare(name) not in near and not _spelled(name, current)]
    new = [name for name in current if bare(name) not in bare(was) and not _spelled(name, former)]
    return bool(gone and new)


def _named(text: str, language: str) -> list[str]:
    """The names of a sentence; in German, which writes every noun like one, those of several words within it."""
    found = names(text, language)
    return [value.text for value in found if language != "de" or (value.start and " " in value.text)]


def _spelled(name: str, others: Iterable[str]) -> bool:
    """Whether it is one of the others but for a slip of the pen."""
    return any(SequenceMatcher(None, bare(name), bare(other)).ratio() >= TYPO for other in others)
