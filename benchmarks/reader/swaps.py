"""Questions about somebody else: a name, a year or a number of the question gives way to one that the text lacks.

Whoever answers "When do the cars of Tesla come?" with what the text says of Xiaomi has not read the question. Names
are told by how rare they are, not by capitals alone, which German gives to every noun and Chinese to none.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.reader.texts import Asking, Text

RARE = 2
"""A word that more articles of its language hold is no name."""
LONGEST = 5
"""Characters of a Chinese name."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class _Part:
    """Characters `start` to `end` of a question."""

    start: int
    end: int
    numeric: bool


def _terms(text: str) -> Iterator[str]:
    """What may be looked up of a text: its words, and all short runs of Chinese characters."""
    yield from (match[0] for match in _WORD.finditer(text))
    yield from (match[0] for match in _LATIN.finditer(text))
    for match in _HAN.finditer(text):
        run = match[0]
        for length in range(2, LONGEST + 1):
            yield from (run[at : at + length] for at in range(len(run) - length + 1))


class Swaps:
    """What is rare in which articles, and the names that other questions hold: built once from the training data."""

    def __init__(self, askings: Iterable[Asking]) -> None:
        self._groups: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._terms: dict[Text, frozenset[str]] = {}
        self._names: dict[str, list[tuple[str, str]]] = defaultdict(list)
        askings = list(askings)
        for asking in askings:
            text = asking.text
            if text not in self._terms:
                self._terms[text] = frozenset(_terms(" ".join((text.title, *text.sentences))))
                for term in self._terms[text]:
                    self._groups[text.language, term].add(text.group)
        for asking in askings:
            for language, question in asking.questions.items():
                names = {question[p.start : p.end] for p in self._parts(question, asking.text) if not p.numeric}
                self._names[language] += [(name, asking.text.group) for name in sorted(names)]

    def _rare(self, term: str, text: Text) -> bool:
        return term in self._terms[text] and len(self._groups[text.language, term]) <= RARE

    def _told_twice(self, term: str, text: Text) -> bool:
        """Rare and repeated: a run of Chinese characters that stands there once may be any two halves of words."""
        return self._rare(term, text) and "\n".join((text.title, *text.sentences)).count(term) > 1

    def _parts(self, question: str, text: Text) -> list[_Part]:
        """The names and numbers of the question that stand in the text; names side by side are one."""
        found: list[_Part] = []
        for number, match in enumerate(_WORD.finditer(question)):
            word, (start, end) = match[0], match.span()
            if word.isdecimal():
                if word in self._terms[text]:
                    found.append(_Part(start, end, numeric=True))
            elif number and word[0].isupper() and self._rare(word, text):
                last = found[-1] if found else None
                if last is not None and not last.numeric and question[last.end : start] == " ":
                    found[-1] = _Part(last.start, end, numeric=False)
                else:
                    found.append(_Part(start, end, numeric=False))
        if not _HAN.search(question):
            return found
        found = [part for part in found if part.numeric]
        found += [_Part(*m.span(), numeric=False) for m in _LATIN.finditer(question) if self._rare(m[0], text)]
        for match in _HAN.finditer(question):
            at, end = match.span()
            while at < end - 1:
                lengths = range(min(LONGEST, end - at), 1, -1)
                length = next((n for n in lengths if self._told_twice(question[at : at + n], text)), 0)
                if length:
                    found.append(_Part(at, at + length, numeric=False))
                at += length or 1
        return found

    def swapped(self, question: str, language: str, text: Text, chance: random.Random) -> str | None:
        """The question about something else, or None where nothing in it can be exchanged."""
        if text not in self._terms or not (parts := self._parts(question, text)):
            return None
        part = chance.choice(parts)
        old = question[part.start : part.end]
        new = _number_like(old, chance) if part.numeric else self._name(language, text, chance)
        if new is None or new == old or new in self._terms[text] or new in " ".join((text.title, *text.sentences)):
            return None
        return question[: part.start] + new + question[part.end :]

    def _name(self, language: str, text: Text, chance: random.Random) -> str | None:
        names = self._names[language]
        name, group = chance.choice(names) if names else ("", text.group)
        return None if group == text.group else name


def _number_like(number: str, chance: random.Random) -> str:
    """A year some years off, another number as long."""
    if len(number) == 4 and number[0] in "12":
        return str(int(number) + chance.choice([-10, -5, -3, -2, -1, 1, 2, 3, 5, 10]))
    first = chance.choice("123456789")
    return first + "".join(chance.choice("0123456789") for _ in number[1:])
