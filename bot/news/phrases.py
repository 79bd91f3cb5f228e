"""The words that people typed once and want to hear of again and again, as vectors."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from bot.answers.answering import LONGEST_QUESTION
from corpus.cleaning import clean_line
from index.encoder import Encoder, Vectors

REMEMBERED = 50_000
"""Phrases whose vectors are kept, some 1.5 kB each: more than there are, or each publication would embed all anew."""
TOGETHER = 256
"""Phrases that are embedded at a time."""


def clean_phrase(words: str) -> str:
    """What is read of the words, as of any question."""
    return clean_line(words[: LONGEST_QUESTION * 4])[:LONGEST_QUESTION]


class Phrases:
    """Embeds phrases, each once for as long as it is remembered."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._turn = threading.Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def vectors(self, phrases: Sequence[str]) -> Vectors:
        """Their vectors, shape (phrases, dimension)."""
        with self._turn:
            known = {phrase: self._vectors[phrase] for phrase in phrases if phrase in self._vectors}
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in known]
        for first in range(0, len(new), TOGETHER):  # not in our turn: others look for one phrase meanwhile
            some = new[first : first + TOGETHER]
            embedded = self._encoder.encode_queries([clean_phrase(phrase) for phrase in some])
            known.update((phrase, vector.copy()) for phrase, vector in zip(some, embedded, strict=True))
        with self._turn:
            for phrase in dict.fromkeys(phrases):
                self._vectors[phrase] = known[phrase]
                self._vectors.move_to_end(phrase)
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        found = [known[phrase] for phrase in phrases]
        return np.array(found, dtype=np.float32).reshape(-1, self._encoder.dimension)
