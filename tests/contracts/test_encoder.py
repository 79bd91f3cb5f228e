"""What every Encoder promises: the packaged model, and a model of the operator's own, read from a folder."""

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.encoder import Encoder, Vectors, load_encoder
from tests.encoders import WordEncoder

QUERY_PROMPT, PASSAGE_PROMPT = "ask: ", "tell: "


def save_small_model(folder: Path) -> Path:
    """A real SentenceTransformer of 300 tokens in 16 dimensions: pieces of bytes, each with a vector of its own."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    weights = np.random.default_rng(1).normal(size=(len(alphabet), 16)).astype(np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="module", params=["packaged", "from a folder", "for tests"])
def any_encoder(request: pytest.FixtureRequest, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """Every implementation."""
    match request.param:
        case "packaged":
            return encoder
        case "from a folder":
            return load_encoder(
                str(save_small_model(tmp_path_factory.mktemp("model") / "small")), QUERY_PROMPT, PASSAGE_PROMPT
            )
        case _:
            return WordEncoder("red", "green", "blue")


Encode = Callable[[Encoder, Sequence[str]], Vectors]


def queries(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """As questions."""
    return encoder.encode_queries(texts)


def passages(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """As passages."""
    return encoder.encode_passages(texts)


BOTH = pytest.mark.parametrize("encode", [queries, passages])


def assert_unit_vectors(vectors: Vectors, count: int, encoder: Encoder) -> None:
    """So many rows, finite, of unit length, 32 bits a float, one after the other in memory."""
    assert vectors.shape == (count, encoder.dimension)
    assert vectors.dtype == np.float32
    assert vectors.flags["C_CONTIGUOUS"]
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def cosine(one: Vectors, other: Vectors) -> float:
    """Of two vectors of unit length."""
    return float(one @ other)


@BOTH
def test_texts_become_unit_vectors(any_encoder: Encoder, encode: Encode) -> None:
    """A text becomes a vector of `dimension` floats and unit length, whatever it says, even nothing."""
    texts = ["red", "a red car", "汽车", "", " ", "😀", "שלום", "1", "\n\t"]
    assert_unit_vectors(encode(any_encoder, texts), len(texts), any_encoder)


@BOTH
def test_no_text_becomes_no_vector(any_encoder: Encoder, encode: Encode) -> None:
    """No texts give an array without rows, of the right width."""
    assert encode(any_encoder, []).shape == (0, any_encoder.dimension)


@BOTH
def test_what_no_tokeniser_takes_is_taken(any_encoder: Encoder, encode: Encode) -> None:
    """Null bytes and lone surrogates give vectors, and what stands after them still counts."""
    texts = ["\0", "red\0blue", "\ud800", "red\udfffblue", "\0\ud800\0"]
    assert_unit_vectors(encode(any_encoder, texts), len(texts), any_encoder)
    cut, whole = encode(any_encoder, ["red", "red\0blue"])
    assert cosine(cut, whole) < 0.999


@BOTH
def test_random_texts_become_unit_vectors(any_encoder: Encoder, encode: Encode) -> None:
    """Four hundred strings of any characters give finite vectors of unit length."""
    chance = random.Random(7)  # noqa: S311  # nothing secret
    texts = [
        "".join(chr(chance.choice((chance.randrange(0x110000), chance.randrange(0x300)))) for _ in range(length))
        for length in (chance.randrange(12) for _ in range(400 if encode is queries else 100))
    ]
    assert_unit_vectors(encode(any_encoder, texts), len(texts), any_encoder)


@BOTH
def test_the_same_text_has_the_same_vector(any_encoder: Encoder, encode: Encode) -> None:
    """A vector depends on its text alone: not on the turn, nor on the texts beside it."""
    (alone,) = encode(any_encoder, ["a red car"])
    beside = encode(any_encoder, ["x " * 40, "a red car", "blue", "a red car"])
    assert cosine(alone, beside[1]) > 0.9999
    assert cosine(alone, beside[3]) > 0.9999
    assert cosine(alone, encode(any_encoder, ["a red car"])[0]) > 0.9999


def test_another_text_has_another_vector(any_encoder: Encoder) -> None:
    """What says something else lies elsewhere, and a question lies nearest to the passage that says its words."""
    red, blue = any_encoder.encode_passages(["red", "blue"])
    assert cosine(red, blue) < 0.99
    (asked,) = any_encoder.encode_queries(["red"])
    assert cosine(asked, red) > cosine(asked, blue)


def test_every_passage_is_ticked_off(any_encoder: Encoder) -> None:
    """Who watches hears of every passage once, and the order of the vectors is that of the texts."""
    texts = ["red", "green", "blue"] * 7
    ticks: list[int] = []
    vectors = any_encoder.encode_passages(texts, ticks.append)
    assert sum(ticks) == len(texts)
    assert len(ticks) > 1
    assert cosine(vectors[0], vectors[18]) > 0.9999
    assert cosine(vectors[0], vectors[19]) < 0.99


def test_many_threads_may_ask_at_once(any_encoder: Encoder) -> None:
    """Questions asked at the same moment in several threads have the vectors that they have alone."""
    texts = ["a red car", "green", "blue boats on the sea", "汽车"]
    alone = any_encoder.encode_queries(texts)
    worst = [1.0] * len(texts)

    def ask(number: int) -> None:
        for _ in range(5):
            (vector,) = any_encoder.encode_queries([texts[number]])
            worst[number] = min(worst[number], cosine(vector, alone[number]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(worst) > 0.9999


def test_it_says_what_its_vectors_depend_on(any_encoder: Encoder) -> None:
    """An encoder has a name, of one line, and a dimension that its vectors have."""
    assert any_encoder.name
    assert "\n" not in any_encoder.name
    assert any_encoder.encode_queries(["x"]).shape[1] == any_encoder.dimension > 0
