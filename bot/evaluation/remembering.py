"""An encoder that remembers: taking a sentence out of an article leaves most of its passages as they were."""

import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import QuestionsError
from index.encoder import Encoder, Vectors

_PASSAGE = "passage: "


class RememberingEncoder:
    """An Encoder over another one: a text is embedded once.

    What embedding a question took is remembered with it, so that a time measured can count it every time.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._passages: dict[str, NDArray[np.float32]] = {}
        self._queries: dict[str, tuple[NDArray[np.float32], float]] = {}
        self._others: dict[str, NDArray[np.float32]] = {}
        self.saved = 0.0
        """Seconds that embedding the questions would have taken where they were remembered."""

    @property
    def name(self) -> str:
        """See Encoder."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """See Encoder."""
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return np.array([self._query(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def _query(self, text: str) -> NDArray[np.float32]:
        known = self._queries.get(text)
        if known is not None:
            self.saved += known[1]
            return known[0]
        begun = time.perf_counter()
        vector: NDArray[np.float32] = self._encoder.encode_queries([text])[0]
        self._queries[text] = vector, time.perf_counter() - begun
        return vector

    def encode_passages(self, texts: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> Vectors:
        """See Encoder."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._passages]
        self._passages.update(zip(missing, self._encoder.encode_passages(missing), strict=True))
        tick(len(texts))
        return np.array([self._passages[text] for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def load(self, path: Path) -> None:
        """Take in what `save` wrote, if the file is there. Raises QuestionsError, also where it cannot be made."""
        if not path.exists():
            if not path.parent.is_dir():
                raise QuestionsError(f"the vectors cannot be kept in {path}: there is no folder {path.parent}")
            return
        try:
            with np.load(path) as stored:
                kept = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
                name = str(stored["encoder"]) if "encoder" in stored else self.name
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise QuestionsError(f"{path} holds no vectors: delete it, or name another file after --cache") from error
        if name != self.name or any(vector.shape != (self.dimension,) for vector in kept.values()):
            raise QuestionsError(f"{path} holds the vectors of another model ({name}): name another file after --cache")
        for text, vector in kept.items():
            if text.startswith(_PASSAGE):
                self._passages[text.removeprefix(_PASSAGE)] = vector
            else:
                self._others[text] = vector

    def save(self, path: Path) -> None:
        """Keep the vectors of the passages, and whatever else the file held. Raises QuestionsError."""
        kept = self._others | {f"{_PASSAGE}{text}": vector for text, vector in self._passages.items()}
        vectors = np.array(list(kept.values()), dtype=np.float32).reshape(-1, self.dimension)
        try:
            with path.open("wb") as file:  # np.savez would append .npz to another name
                np.savez(file, texts=np.array(list(kept), dtype=str), vectors=vectors, encoder=np.array(self.name))
        except OSError as error:
            raise QuestionsError(f"the vectors cannot be kept in {path} ({error.strerror})") from error
