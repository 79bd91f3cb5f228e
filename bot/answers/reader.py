"""The reader: looks at the likeliest sentences together with the question, and says which of them states the answer.

An embedding knows a sentence before the question is put; the reader sees both at once, with the sentences around.
It is the packaged encoder, trained further for this (`benchmarks/reader`), its matrices kept in 8 bits. Word embeddings
come from the package that holds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from bot.answers.windows import Window, window_around
from index.errors import EncoderError
from index.pieces import pieces_of
from index.weights import packaged_weights

THREADS = 2
LONGEST_ANSWER = 30
"""Tokens of a direct answer at most."""
PADDING = -1e4
"""What the network gives to places that hold nothing."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader makes of one sentence."""

    states: float
    """Log-odds that it states the answer."""
    start: int
    end: int
    """The characters of the sentence that answer best, from (inclusive) and to (exclusive)."""
    pointed: float
    """How sure the reader is of them: the sum of both scores."""


class Reader(Protocol):
    """Scores sentences of a text against a question."""

    def read(self, question: str, title: str, sentences: Sequence[str], centre: int) -> Mapping[int, Read]:
        """Read the sentence with this number and those around it, as far as a window holds; by their numbers."""
        ...


@dataclass(frozen=True, slots=True)
class _Scores:
    """What the network gives for a window: shapes (sentences,), (tokens,), (tokens,)."""

    sentences: NDArray[np.float32]
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]


def _pointed(starts: NDArray[np.float32], ends: NDArray[np.float32]) -> tuple[int, int, float]:
    """The best pair of a first and a last token, not before it nor too long after it."""
    pairs = starts[:, None] + ends[None, :]
    rows, columns = np.indices(pairs.shape)
    pairs = np.where((columns < rows) | (columns - rows >= LONGEST_ANSWER), 2 * PADDING, pairs)
    first, last = np.unravel_index(int(pairs.argmax()), pairs.shape)
    return int(first), int(last), float(pairs[first, last])


class OnnxReader:
    """Reader over the file that `benchmarks.reader.export` writes. Safe to share among threads."""

    def __init__(self, path: Path, threads: int = THREADS) -> None:
        """Raises EncoderError where the file cannot be read."""
        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # A product is cut into ever smaller blocks: where another thread holds one core, the other takes over the rest.
        options.add_session_config_entry("session.dynamic_block_base", "4")
        # Its matrices are 8 bits in the file and 32 from here on, once: not anew for each window.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            self._session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # each of onnxruntime's errors is a kind of its own
            reason = str(error).strip().partition("\n")[0]
            raise EncoderError(
                f"READER: {path.name} cannot be read ({reason}): set it to off, or install anew"
            ) from error
        self._weights = packaged_weights()

    def read(self, question: str, title: str, sentences: Sequence[str], centre: int) -> Mapping[int, Read]:
        """See Reader."""
        window = window_around(question, title, sentences, centre)
        scores = self._run(window)
        found = {}
        for place, (number, (start, end)) in enumerate(zip(window.sentences, window.places, strict=True)):
            if start < end:
                first, last, pointed = _pointed(scores.starts[start:end], scores.ends[start:end])
                spans = pieces_of(sentences[number]).spans
                found[number] = Read(float(scores.sentences[place]), spans[first][0], spans[last][1], pointed)
        return found

    def _run(self, window: Window) -> _Scores:
        ids = np.array([window.ids], dtype=np.int64)
        membership = np.zeros((1, len(window.places), len(window.ids)), dtype=np.float32)
        for place, (start, end) in enumerate(window.places):
            membership[0, place, start:end] = 1
        inputs = {
            "embedded": self._weights.embeddings(ids),
            "present": np.ones(ids.shape, dtype=np.float32),
            "membership": membership,
        }
        sentences, starts, ends = self._session.run(["sentences", "starts", "ends"], inputs)
        return _Scores(sentences[0], starts[0], ends[0])


def packaged_reader() -> OnnxReader:
    """The reader that comes with the bot. Takes a second."""
    return OnnxReader(Path(str(files("bot.answers").joinpath("reader.onnx"))))
