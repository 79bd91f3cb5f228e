"""Vectors and how they are searched: Passage and Hit, the two seams VectorSearch and VectorSink, FaissStore.

The question path is handed a VectorSearch, the builder a VectorSink: asking cannot write.
"""

import errno
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import faiss
import numpy as np

from corpus.model import Article
from index.encoder import Vectors
from index.errors import IndexDamagedError

# A flat scan of a few thousand rows is over before OpenMP has woken a second thread, and its waiting threads would
# take the cores from the encoder.
faiss.omp_set_num_threads(1)


class Unit(StrEnum):
    """How much text one vector stands for."""

    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an edition that has a vector; `id` is that of its Sentence or Paragraph."""

    id: str
    language: str
    unit: Unit
    text: str

    @property
    def key(self) -> int:
        """63 bits of SHA-256 over everything above, the id inside FAISS: new content, new key."""
        content = "\0".join((self.id, self.language, self.unit, self.text))
        return int.from_bytes(hashlib.sha256(content.encode()).digest()[:8]) >> 1

    @property
    def article(self) -> str:
        """The slug of the article that the passage is from."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found; `similarity` is the cosine with the query, -1 to 1, higher is closer."""

    passage: Passage
    similarity: float


class VectorSearch(Protocol):
    """What the question path may do."""

    def search(self, query: Vectors, *, language: str, unit: Unit, limit: int, article: str | None = None) -> list[Hit]:
        """The `limit` passages closest to `query` (dimension,), best first: of that language and unit, and of the
        article with that slug if one is given."""
        ...

    def vectors_of(self, article: str, unit: Unit) -> Vectors:
        """The vectors of that unit of an article, those of all its languages, shape (passages, dimension)."""
        ...


class VectorSink(Protocol):
    """What the builder may do."""

    def add(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Take in passages with their unit vectors, shape (passages, dimension)."""
        ...

    def remove(self, keys: Iterable[int]) -> None:
        """Forget passages by key; unknown keys are no error."""
        ...


def passages_of(articles: Iterable[Article]) -> tuple[Passage, ...]:
    """Every sentence and every paragraph of every edition. Headings are not among them: they state no facts."""
    found: list[Passage] = []
    for article in articles:
        for edition in article.editions:
            for paragraph in edition.paragraphs:
                text = paragraph.text(edition.language)
                found.append(Passage(paragraph.id, edition.language, Unit.PARAGRAPH, text))
                found.extend(
                    Passage(sentence.id, edition.language, Unit.SENTENCE, sentence.text)
                    for sentence in paragraph.sentences
                )
    return tuple(found)


def _only(selector: "faiss.IDSelectorBatch") -> "faiss.SearchParameters":
    """Parameters for one search, which lets only these keys through: FAISS writes into them while it searches, so two
    threads that shared some would crash the process. The selector is only read."""
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # the stub lacks `sel`


class FaissStore:
    """Exact cosine search in a flat FAISS index that holds the passages' keys itself."""

    def __init__(self, index: "faiss.IndexIDMap2") -> None:
        self._index = index
        self._passages: dict[int, Passage] = {}
        self._selectors: dict[tuple[str, Unit, str | None], tuple[faiss.IDSelectorBatch, int]] = {}

    @classmethod
    def empty(cls, dimension: int) -> "FaissStore":
        """A store without passages, in memory."""
        return cls(faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)))

    @classmethod
    def read(cls, path: Path, *, read_only: bool) -> "FaissStore":
        """Open what `write` wrote; memory-mapped where it is only read. Raises IndexDamagedError."""
        flags = faiss.IO_FLAG_MMAP_IFC if read_only else 0
        try:
            index = faiss.read_index(str(path), flags)
        except RuntimeError as error:
            raise IndexDamagedError(f"{path} is no FAISS index") from error
        if not isinstance(index, faiss.IndexIDMap2):
            raise IndexDamagedError(f"{path} holds another kind of index")
        return cls(index)

    @property
    def dimension(self) -> int:
        """Floats a vector."""
        return int(self._index.d)

    @property
    def keys(self) -> frozenset[int]:
        """The keys of all vectors."""
        return frozenset(faiss.vector_to_array(self._index.id_map).tolist())

    def describe(self, passages: Iterable[Passage]) -> None:
        """Say what the keys stand for: afterwards `search` finds these passages, and no others."""
        here = self.keys
        self._passages = {passage.key: passage for passage in passages if passage.key in here}
        by_kind: dict[tuple[str, Unit, str | None], list[int]] = defaultdict(list)
        for key, passage in self._passages.items():
            by_kind[passage.language, passage.unit, None].append(key)
            by_kind[passage.language, passage.unit, passage.article].append(key)
        self._selectors = {
            kind: (faiss.IDSelectorBatch(np.array(keys, dtype=np.int64)), len(keys)) for kind, keys in by_kind.items()
        }

    def search(self, query: Vectors, *, language: str, unit: Unit, limit: int, article: str | None = None) -> list[Hit]:
        """See VectorSearch."""
        selected = self._selectors.get((language, unit, article))
        if selected is None:
            return []
        selector, count = selected
        similarities, keys = self._index.search(query.reshape(1, -1), min(limit, count), params=_only(selector))
        return [
            Hit(self._passages[key], float(similarity))
            for key, similarity in zip(keys[0].tolist(), similarities[0].tolist(), strict=True)
            if key >= 0
        ]

    def vectors_of(self, article: str, unit: Unit) -> Vectors:
        """See VectorSearch."""
        keys = [key for key, one in self._passages.items() if one.unit is unit and one.article == article]
        found = [self._index.reconstruct(key) for key in keys]
        return np.array(found, dtype=np.float32).reshape(-1, self.dimension)

    def add(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """See VectorSink."""
        if vectors.shape != (len(passages), self.dimension):
            raise ValueError(
                f"{len(passages)} passages of dimension {self.dimension}, but vectors of shape {vectors.shape}"
            )
        if passages:
            self._index.add_with_ids(vectors, np.array([passage.key for passage in passages], dtype=np.int64))

    def remove(self, keys: Iterable[int]) -> None:
        """See VectorSink."""
        self._index.remove_ids(faiss.IDSelectorBatch(np.array(sorted(keys), dtype=np.int64)))

    def write(self, path: Path) -> None:
        """Write the whole index to `path` (not atomic: the builder names the file first and points to it last)."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:  # what FAISS makes of a full disk
            raise OSError(errno.EIO, "the vectors cannot be written", str(path)) from error
