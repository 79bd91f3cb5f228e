"""An encoder whose vectors a reader can compute in the head."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from index.encoder import Vectors


def _ignore(_: int) -> None:
    """The tick of a caller who does not watch."""


class WordEncoder:
    """One axis a word: a text is the sum of the axes of its known words, at unit length.

    "red car" and "car" have cosine .707; a text without a known word has an axis of its own.
    """

    def __init__(self, *words: str, name: str = "words") -> None:
        self.words = words
        self.name = name
        self.dimension = len(words) + 1
        self.embedded: list[str] = []
        """Every passage that was embedded, in order."""

    def _vector(self, text: str) -> Vectors:
        said = re.findall(r"\w+", text.lower())
        vector = np.array([*(said.count(word) for word in self.words), 0], dtype=np.float32)
        if not vector.any():
            vector[-1] = 1
        return vector / np.float32(np.linalg.norm(vector))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def encode_passages(self, texts: Sequence[str], tick: Callable[[int], object] = _ignore) -> Vectors:
        """See Encoder."""
        self.embedded.extend(texts)
        for _ in texts:
            tick(1)
        return self.encode_queries(texts)
