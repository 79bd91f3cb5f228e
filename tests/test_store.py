"""Passages and their keys, and what FaissStore does beyond the seams (see contracts/test_vector_search.py)."""

import os
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

from corpus.model import Article, Edition, Paragraph, Sentence
from index.errors import IndexDamagedError
from index.store import FaissStore, Hit, Passage, Unit, passages_of
from tests.articles import article, edition

RED = Passage("a/p1/s1", "en", Unit.SENTENCE, "red")
BLUE = Passage("a/p1/s2", "en", Unit.SENTENCE, "blue")
AXES = np.eye(2, dtype=np.float32)


def store_of_two() -> FaissStore:
    """Red on the first axis, blue on the second."""
    store = FaissStore.empty(2)
    store.add([RED, BLUE], AXES)
    store.describe([RED, BLUE])
    return store


def found(store: FaissStore) -> list[Hit]:
    """What a question for red finds."""
    return store.search(AXES[0], language="en", unit=Unit.SENTENCE, limit=9)


def test_a_key_is_always_the_same() -> None:
    """The key of a passage never changes between versions, or every index on disk would be foreign."""
    assert RED.key == 3271214118201983630


@pytest.mark.parametrize(
    "other",
    [
        Passage("a/p1/s2", "en", Unit.SENTENCE, "red"),
        Passage("a/p1/s1", "it", Unit.SENTENCE, "red"),
        Passage("a/p1/s1", "en", Unit.PARAGRAPH, "red"),
        Passage("a/p1/s1", "en", Unit.SENTENCE, "Red"),
    ],
)
def test_other_content_has_another_key(other: Passage) -> None:
    """Id, language, unit and text all count in the key."""
    assert other.key != RED.key


def test_a_key_fits_faiss() -> None:
    """Keys are not negative and fit in 63 bits: FAISS gives -1 where it found nothing."""
    keys = [Passage(f"a/p1/s{i}", "en", Unit.SENTENCE, "x").key for i in range(1000)]
    assert len(set(keys)) == 1000
    assert all(0 <= key < 2**63 for key in keys)


def test_a_passage_names_its_article() -> None:
    """The slug is what stands before the first slash of the id."""
    assert Passage("2025-01-01-news/p3/s1", "en", Unit.SENTENCE, "x").article == "2025-01-01-news"


def test_sentences_and_paragraphs_are_passages() -> None:
    """Every sentence and every paragraph of every edition is a passage, under its own id."""
    news = article("a", {"en": [["One.", "Two."], ["Three."]], "zh": [["一。", "二。"], ["三。"]]})
    assert [(p.id, p.language, str(p.unit), p.text) for p in passages_of([news])] == [
        ("a/p1", "en", "paragraph", "One. Two."),
        ("a/p1/s1", "en", "sentence", "One."),
        ("a/p1/s2", "en", "sentence", "Two."),
        ("a/p2", "en", "paragraph", "Three."),
        ("a/p2/s1", "en", "sentence", "Three."),
        ("a/p1", "zh", "paragraph", "一。二。"),
        ("a/p1/s1", "zh", "sentence", "一。"),
        ("a/p1/s2", "zh", "sentence", "二。"),
        ("a/p2", "zh", "paragraph", "三。"),
        ("a/p2/s1", "zh", "sentence", "三。"),
    ]


def test_titles_and_headings_are_no_passages() -> None:
    """A headline states no fact, so neither a title nor a heading has a vector."""
    plain = edition("a", "en", [["One."]], title="Ready for the leap")
    headed = Edition(
        **{
            **{name: getattr(plain, name) for name in ("slug", "language", "original", "title", "published", "source")},
            "paragraphs": (Paragraph("a/p1", (Sentence("a/p1/s1", "One."),), heading="The big leap"),),
        }
    )
    assert {p.text for p in passages_of([Article("a", (headed,))])} == {"One."}


def test_nothing_has_no_passages() -> None:
    """A corpus without articles has no passages."""
    assert passages_of([]) == ()


def test_it_knows_its_keys() -> None:
    """The keys are those of the passages that were added and not removed."""
    store = store_of_two()
    assert store.keys == {RED.key, BLUE.key}
    store.remove([RED.key])
    assert store.keys == {BLUE.key}
    assert FaissStore.empty(2).keys == frozenset()


def test_both_sides_of_a_mismatch_are_named() -> None:
    """Vectors that do not belong to the passages are refused with both numbers, and nothing is taken in."""
    store = FaissStore.empty(3)
    with pytest.raises(ValueError, match=r"2 passages of dimension 3, but vectors of shape \(2, 2\)"):
        store.add([RED, BLUE], AXES)
    with pytest.raises(ValueError, match=r"1 passages of dimension 3, but vectors of shape \(2, 3\)"):
        store.add([RED], np.eye(3, dtype=np.float32)[:2])
    assert store.keys == frozenset()


def test_only_described_passages_are_found() -> None:
    """A vector whose passage was not described is never found, and a description without a vector neither."""
    store = store_of_two()
    unknown = Passage("a/p1/s3", "en", Unit.SENTENCE, "green")
    store.describe([BLUE, unknown])
    assert found(store) == [Hit(BLUE, 0.0)]


@pytest.mark.parametrize("read_only", [True, False])
def test_what_is_written_is_read(tmp_path: Path, read_only: bool) -> None:
    """A store read from disk has the same keys and dimension and finds the same."""
    path = tmp_path / "vectors.faiss"
    store_of_two().write(path)
    read = FaissStore.read(path, read_only=read_only)
    read.describe([RED, BLUE])
    assert read.dimension == 2
    assert read.keys == {RED.key, BLUE.key}
    assert found(read) == [Hit(RED, 1.0), Hit(BLUE, 0.0)]


def test_reading_leaves_the_file_alone(tmp_path: Path) -> None:
    """A store that was read to be searched can be searched where its file may not be written, and changes no byte."""
    path = tmp_path / "vectors.faiss"
    store_of_two().write(path)
    before = path.read_bytes()
    path.chmod(0o444)
    read = FaissStore.read(path, read_only=True)
    read.describe([RED])
    assert found(read) == [Hit(RED, 1.0)]
    assert path.read_bytes() == before


def test_a_reader_keeps_its_file(tmp_path: Path) -> None:
    """Who has opened an index goes on finding in it after another was put in its place, or none."""
    path = tmp_path / "vectors.faiss"
    store_of_two().write(path)
    read = FaissStore.read(path, read_only=True)
    read.describe([RED, BLUE])
    other = tmp_path / "other.faiss"
    FaissStore.empty(2).write(other)
    other.replace(path)
    path.unlink()
    assert found(read) == [Hit(RED, 1.0), Hit(BLUE, 0.0)]


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 40, b"IxM2"])
def test_no_index_is_a_named_error(tmp_path: Path, content: bytes | None, read_only: bool) -> None:
    """A missing, an empty and a nonsensical file raise IndexDamagedError, which says where and what to type."""
    path = tmp_path / "vectors.faiss"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexDamagedError, match="--rebuild") as caught:
        FaissStore.read(path, read_only=read_only)
    assert str(path) in str(caught.value)


def test_another_kind_of_index_is_a_named_error(tmp_path: Path) -> None:
    """A FAISS index that is none of ours is refused by name."""
    path = tmp_path / "vectors.faiss"
    faiss.write_index(faiss.IndexFlatIP(2), os.fspath(path))
    with pytest.raises(IndexDamagedError, match="another kind of index"):
        FaissStore.read(path, read_only=True)


CROWD = """
import threading
import numpy as np
from index.store import FaissStore, Passage, Unit

count = 500
passages = [Passage(f"a/p1/s{i}", "en", Unit.SENTENCE, str(i)) for i in range(count)]
angles = np.linspace(0, 3, count)
store = FaissStore.empty(2)
store.add(passages, np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
store.describe(passages)
query = np.array([1, 0], dtype=np.float32)
right = [f"a/p1/s{i}" for i in range(20)]
wrong = []

def ask():
    for _ in range(1500):
        hits = store.search(query, language="en", unit=Unit.SENTENCE, limit=20)
        if [hit.passage.id for hit in hits] != right:
            wrong.append(hits)

threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(wrong), "wrong")
"""


def test_many_threads_may_search_at_once() -> None:
    """Searches of the same kind in several threads give what they give alone, and do not bring the process down."""
    # In a process of its own: what goes wrong here is a segmentation fault.
    done = subprocess.run(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", CROWD], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "0 wrong\n"), done.stderr
