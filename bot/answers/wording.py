"""Words as the search compares them: folded, cut to a stem, Chinese in pairs of characters."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

STEM = 5
"""Letters that stand for a word: the endings of six languages mostly come after them. Digits are never cut."""

CAPITALS = "".join(character for character in map(chr, range(0x2000)) if character.isupper())
"""The capital letters of every script that has some, for a character class."""

_HAN = r"\u3400-\u9fff"
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_HAN_RUN = re.compile(rf"[{_HAN}]+")


def fold(text: str) -> str:
    """Lower case without accents, of the same length as `text`, so that positions in one hold in the other."""
    return "".join(_fold_character(character) for character in text)


@lru_cache(8192)
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character.casefold())
    bare = "".join(part for part in folded if not unicodedata.combining(part))
    return bare if len(bare) == 1 else {"ß": "s", "’": "'"}.get(character, character)


def bare(text: str) -> str:
    """A text without what only dresses it, to tell whether two say the same: capitals, accents, signs, spaces."""
    return "".join(filter(str.isalnum, fold(text)))


def terms(text: str) -> frozenset[str]:
    """The terms of a text: stems of words, numbers whole, Chinese as pairs of neighbouring characters."""
    found: set[str] = set()
    for word in _WORD.findall(fold(text).replace("’", "'")):
        if _HAN_RUN.fullmatch(word):
            found.update(word[i : i + 2] for i in range(len(word) - 1)) if len(word) > 1 else found.add(word)
        else:
            found.add(word if word[0].isdigit() else word[:STEM])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Rarity:
    """How telling each term is among a set of texts: inverse document frequency, in nats, higher is rarer."""

    weights: Mapping[str, float]
    unseen: float
    """The weight of a term that none of the texts has."""

    def of(self, wanted: Iterable[str]) -> float:
        """The summed weight of some terms."""
        return sum(self.weights.get(term, self.unseen) for term in wanted)

    def coverage(self, wanted: frozenset[str], had: frozenset[str]) -> float:
        """The share of the wanted terms' weight that a text has, 0 to 1; 0 where nothing is wanted."""
        total = self.of(wanted)
        return self.of(wanted & had) / total if total else 0.0


def rarity(texts: Iterable[frozenset[str]]) -> Rarity:
    """Count in how many of the texts each term stands."""
    counted = list(texts)
    documents = len(counted)
    frequency = Counter(term for text in counted for term in text)
    weights = {term: math.log(1 + (documents - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
    return Rarity(weights, math.log(1 + (documents + 0.5) / 0.5))
