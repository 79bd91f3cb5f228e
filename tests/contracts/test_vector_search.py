"""What every VectorSearch and every VectorSink promises, on vectors whose cosines are known by heart."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.encoder import Vectors
from index.store import FaissStore, Passage, Unit, VectorSearch, VectorSink

EAST = np.array([1, 0, 0], dtype=np.float32)
NORTH = np.array([0, 1, 0], dtype=np.float32)


def sentence(name: str, language: str = "en") -> Passage:
    """The sentence with the id `name`."""
    return Passage(name, language, Unit.SENTENCE, f"{name} in {language}")


CONTENT: dict[Passage, tuple[float, float, float]] = {
    sentence("a/p1/s1"): (0, 1, 0),
    sentence("a/p1/s2"): (0.6, 0.8, 0),
    sentence("a/p1/s3"): (-1, 0, 0),
    sentence("b/p1/s1"): (1, 0, 0),
    sentence("a/p1/s1", "it"): (0.8, 0.6, 0),
    Passage("a/p1", "en", Unit.PARAGRAPH, "all of a"): (0, 0, 1),
    Passage("b/p1", "en", Unit.PARAGRAPH, "all of b"): (0.28, 0, 0.96),
}


def filled(content: dict[Passage, tuple[float, float, float]]) -> FaissStore:
    """A store in memory."""
    store = FaissStore.empty(3)
    store.add(list(content), np.array(list(content.values()), dtype=np.float32).reshape(-1, 3))
    return store


Open = Callable[[dict[Passage, tuple[float, float, float]]], VectorSearch]


@pytest.fixture(params=["in memory", "memory-mapped"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens some content for searching, in every way that there is."""

    def build(content: dict[Passage, tuple[float, float, float]]) -> VectorSearch:
        store = filled(content)
        if request.param == "memory-mapped":
            path = tmp_path / "vectors.faiss"
            store.write(path)
            store = FaissStore.read(path, read_only=True)
        store.describe(content)
        return store

    return build


@pytest.fixture
def search(opened: Open) -> VectorSearch:
    """The content above."""
    return opened(CONTENT)


def asked(
    search: VectorSearch,
    query: Vectors,
    *,
    language: str = "en",
    unit: Unit = Unit.SENTENCE,
    limit: int = 10,
    article: str | None = None,
) -> list[tuple[str, float]]:
    """Ids with their cosines, rounded where a float of 32 bits ends."""
    hits = search.search(query, language=language, unit=unit, limit=limit, article=article)
    return [(hit.passage.id, round(hit.similarity, 6)) for hit in hits]


def test_cosines_are_exact_and_the_best_is_first(search: VectorSearch) -> None:
    """Every passage comes with its cosine, higher is closer, from 1 to -1, the closest first."""
    assert asked(search, EAST) == [("b/p1/s1", 1.0), ("a/p1/s2", 0.6), ("a/p1/s1", 0.0), ("a/p1/s3", -1.0)]


def test_another_query_has_another_order(search: VectorSearch) -> None:
    """The order follows the query."""
    assert asked(search, NORTH, article="a") == [("a/p1/s1", 1.0), ("a/p1/s2", 0.8), ("a/p1/s3", 0.0)]


def test_a_hit_holds_the_whole_passage(search: VectorSearch) -> None:
    """What is found is the passage that was put in: text, language and unit."""
    (hit,) = search.search(EAST, language="it", unit=Unit.SENTENCE, limit=1)
    assert hit.passage == sentence("a/p1/s1", "it")


def test_the_limit_keeps_the_best(search: VectorSearch) -> None:
    """With a limit the closest are given, and no more."""
    assert asked(search, EAST, limit=2) == [("b/p1/s1", 1.0), ("a/p1/s2", 0.6)]


def test_a_limit_beyond_the_content_is_no_error(search: VectorSearch) -> None:
    """Asking for more than there is gives what there is, each once."""
    assert len(asked(search, EAST, limit=10_000)) == 4


def test_only_the_language_asked_for(search: VectorSearch) -> None:
    """Passages in other languages are not found, however close."""
    assert asked(search, EAST, language="it") == [("a/p1/s1", 0.8)]
    assert asked(search, EAST, language="de") == []


def test_only_the_article_asked_for(search: VectorSearch) -> None:
    """With an article, passages of others are not found, however close."""
    assert asked(search, EAST, article="a") == [("a/p1/s2", 0.6), ("a/p1/s1", 0.0), ("a/p1/s3", -1.0)]
    assert asked(search, EAST, article="a", limit=1) == [("a/p1/s2", 0.6)]
    assert asked(search, EAST, article="b") == [("b/p1/s1", 1.0)]
    assert asked(search, EAST, article="c") == []
    assert asked(search, EAST, article="b", language="it") == []


def test_only_the_unit_asked_for(search: VectorSearch) -> None:
    """Sentences and paragraphs are never mixed."""
    assert asked(search, EAST, unit=Unit.PARAGRAPH) == [("b/p1", 0.28), ("a/p1", 0.0)]
    assert asked(search, EAST, unit=Unit.PARAGRAPH, language="it") == []


def test_the_vectors_of_an_article(search: VectorSearch) -> None:
    """Those of one unit, in every language; of an article that is not there, none."""
    found = search.vectors_of("a", Unit.SENTENCE)
    assert (
        sorted(found.round(6).tolist())
        == np.array([(-1, 0, 0), (0, 1, 0), (0.6, 0.8, 0), (0.8, 0.6, 0)], dtype=np.float32).tolist()
    )
    assert search.vectors_of("b", Unit.PARAGRAPH).shape == (1, 3)
    assert search.vectors_of("nowhere", Unit.SENTENCE).shape == (0, 3)


def test_asking_twice_finds_the_same(search: VectorSearch) -> None:
    """Searching uses nothing up."""
    first = asked(search, EAST)
    asked(search, NORTH, article="a")
    assert asked(search, EAST) == first


def test_nothing_is_found_in_nothing(opened: Open) -> None:
    """An empty store finds nothing, and that is no error."""
    assert asked(opened({}), EAST) == []


def written_again(path: Path, store: FaissStore) -> FaissStore:
    """The store as the next builder has it."""
    store.write(path)
    return FaissStore.read(path, read_only=False)


@pytest.fixture(params=["in memory", "read again"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> FaissStore:
    """The content above, to be changed."""
    store = filled(CONTENT)
    return store if request.param == "in memory" else written_again(tmp_path / "vectors.faiss", store)


def seen(sink: FaissStore, described: Sequence[Passage] = tuple(CONTENT)) -> list[tuple[str, float]]:
    """What a search finds after the change."""
    sink.describe(described)
    return asked(sink, EAST)


def test_what_is_removed_is_not_found(sink: FaissStore) -> None:
    """A removed passage is gone, and the others keep their vectors."""
    as_sink: VectorSink = sink
    as_sink.remove([sentence("b/p1/s1").key, sentence("a/p1/s1").key])
    assert seen(sink) == [("a/p1/s2", 0.6), ("a/p1/s3", -1.0)]


def test_removing_the_unknown_is_no_error(sink: FaissStore) -> None:
    """A key that is not there, and no key at all, change nothing."""
    as_sink: VectorSink = sink
    as_sink.remove([1, 2, 3])
    as_sink.remove([])
    assert len(seen(sink)) == 4


def test_what_is_added_is_found(sink: FaissStore) -> None:
    """A passage added later stands where its cosine puts it."""
    as_sink: VectorSink = sink
    late = sentence("c/p1/s1")
    as_sink.add([late], np.array([[0.96, 0.28, 0]], dtype=np.float32))
    assert seen(sink, [*CONTENT, late])[:2] == [("b/p1/s1", 1.0), ("c/p1/s1", 0.96)]


def test_adding_nothing_is_no_error(sink: FaissStore) -> None:
    """No passages with no vectors change nothing."""
    as_sink: VectorSink = sink
    as_sink.add([], np.empty((0, 3), dtype=np.float32))
    assert len(seen(sink)) == 4
