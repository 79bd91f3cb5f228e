"""Texts as the packaged model's token ids, with the characters that each token stands for.

The vocabulary is XLM-R's, a unigram model: of all ways to cut a text into known pieces the likeliest is taken. A few
lines here, because the libraries that do this keep some 250 MB for a vocabulary of which every text uses a handful.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from index.weights import packaged_weights

BEGIN, PAD, END = 0, 1, 2
"""Token ids: <s>, <pad>, </s>."""
CACHED = 20_000
"""Texts whose tokens are remembered: every question reads sentences of the same few articles."""
UNKNOWN_PENALTY = 10.0
"""How much less likely than the rarest piece a character is that no piece has."""
_SPACE = "\u2581"


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokens of a text; token k stands for characters `spans[k][0]` to `spans[k][1]` of it."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    ids: Mapping[str, int]
    scores: Sequence[float]
    unknown: int
    unknown_score: float
    longest: int


@cache
def _vocabulary() -> _Vocabulary:
    weights = packaged_weights()
    ids = {piece: number for number, piece in enumerate(weights.pieces) if number > weights.unknown}
    lowest = float(weights.scores.min())
    longest = max(map(len, ids))
    return _Vocabulary(ids, weights.scores.tolist(), weights.unknown, lowest - UNKNOWN_PENALTY, longest)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Where each character begins and ends together with the accents that follow it."""
    starts = [place for place, character in enumerate(text) if not place or not unicodedata.combining(character)]
    return list(pairwise([*starts, len(text)]))


def _normal(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text as the vocabulary writes it, and for each character of that the characters of `text` it comes from.

    That is NFKC, with "▁" for any run of white space: one before the text, none after it.
    """
    written, origins = [_SPACE], [(0, 1)]
    for start, end in _clusters(text):
        for normal in unicodedata.normalize("NFKC", text[start:end]):
            shown = _SPACE if normal.isspace() else normal
            if shown != _SPACE or written[-1] != _SPACE:
                written.append(shown)
                origins.append((start, end))
    return "".join(written).removesuffix(_SPACE), origins


def _likeliest(text: str, vocabulary: _Vocabulary) -> list[tuple[int, int, int]]:
    """The likeliest way through the text (Viterbi): token ids with the places that each begins and ends at."""
    best = [0.0] + [float("-inf")] * len(text)
    way: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
    for start in range(len(text)):
        here = best[start]
        for end in range(start + 1, min(len(text), start + vocabulary.longest) + 1):
            number = vocabulary.ids.get(text[start:end])
            if number is not None:
                score = here + vocabulary.scores[number]
            elif end == start + 1:
                number, score = vocabulary.unknown, here + vocabulary.unknown_score
            else:
                continue
            if score > best[end]:
                best[end], way[end] = score, (number, start)
    path = []
    end = len(text)
    while end:
        number, start = way[end]
        path.append((number, start, end))
        end = start
    return path[::-1]


@lru_cache(CACHED)
def pieces_of(text: str) -> Pieces:
    """Cut a text into pieces, without the tokens that begin and end a sequence. The first call reads the vocabulary."""
    normal, origins = _normal(text)
    path = _likeliest(normal, _vocabulary())
    spans = []
    for _, start, end in path:
        first = start + 1 if normal[start] == _SPACE and end > start + 1 else start
        spans.append((origins[first][0], origins[end - 1][1]))
    return Pieces(tuple(number for number, _, _ in path), tuple(spans))
