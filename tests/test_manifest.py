"""The manifest: written whole, read or refused by name, and compared with what is asked for."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import IndexDamagedError, IndexMismatchError
from index.manifest import (
    LAYOUT,
    Manifest,
    check_manifest,
    editions_of,
    file_sha256,
    read_manifest,
    write_manifest,
)
from tests.articles import article

NEWS = article("a", {"en": [["One."]], "zh": [["一。"]]})
GOOD = Manifest("model ä", 3, LAYOUT, editions_of([NEWS]), "vectors-1.faiss", "ab" * 32, 4)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A manifest reads back equal, and leaves no other file behind."""
    write_manifest(GOOD, tmp_path)
    assert read_manifest(tmp_path) == GOOD
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_new_one_replaces_the_old(tmp_path: Path) -> None:
    """Writing again leaves the new one alone."""
    write_manifest(GOOD, tmp_path)
    newer = replace(GOOD, vectors="vectors-2.faiss")
    write_manifest(newer, tmp_path)
    assert read_manifest(tmp_path) == newer


def test_none_where_nothing_was_built(tmp_path: Path) -> None:
    """A folder without a manifest has none, and so has a missing folder."""
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "missing") is None


def as_json(**changes: object) -> bytes:
    """The good manifest with some fields changed; None leaves a field out."""
    record = {name: getattr(GOOD, name) for name in Manifest.__dataclass_fields__} | changes
    return json.dumps({name: value for name, value in record.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfe",
        b"nonsense",
        as_json()[:-5],
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        as_json(vectors=None),
        as_json(more=1),
        as_json(editions=["a/en"]),
        as_json(layout="1"),
        as_json(vectors=7),
        as_json(sha256=7),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_damaged_one_is_a_named_error(tmp_path: Path, content: bytes) -> None:
    """Whatever is wrong with the file, the error says which file it is and what to type."""
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(IndexDamagedError, match="annuncio index --rebuild") as caught:
        read_manifest(tmp_path)
    assert str(path) in str(caught.value)


def test_a_folder_in_its_place_is_a_named_error(tmp_path: Path) -> None:
    """What cannot be opened as a file is refused like what cannot be understood."""
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(IndexDamagedError, match=re.escape("manifest.json")):
        read_manifest(tmp_path)


def test_the_digest_names_the_state() -> None:
    """Equal manifests have equal digests of 16 hex digits; any other field gives another."""
    same = replace(GOOD, editions=dict(reversed(GOOD.editions.items())))
    assert same.digest == GOOD.digest
    assert re.fullmatch("[0-9a-f]{16}", GOOD.digest)
    others = [
        replace(GOOD, encoder="other"),
        replace(GOOD, dimension=4),
        replace(GOOD, layout=LAYOUT + 1),
        replace(GOOD, editions={}),
        replace(GOOD, vectors="vectors-2.faiss"),
        replace(GOOD, sha256="cd" * 32),
        replace(GOOD, passages=5),
    ]
    assert len({GOOD.digest, *(other.digest for other in others)}) == 8


def test_editions_are_named_and_hashed() -> None:
    """Every edition is listed as slug and language, with the digest of its content."""
    assert editions_of([NEWS]) == {edition.slug + "/" + edition.language: edition.digest for edition in NEWS.editions}
    assert list(editions_of([NEWS])) == ["a/en", "a/zh"]


def test_a_file_is_hashed() -> None:
    """The hash of a file is the SHA-256 that any other tool gives."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert file_sha256(Path("/dev/null")) == empty


def test_a_match_is_accepted() -> None:
    """The encoder and the texts that the index was built from pass, in any order."""
    both = [NEWS, article("b", {"en": [["Two."]]})]
    manifest = replace(GOOD, editions=editions_of(both))
    check_manifest(manifest, encoder="model ä", articles=reversed(both))


def test_another_encoder_is_refused() -> None:
    """An index of another model is refused, and both models are named."""
    with pytest.raises(
        IndexMismatchError, match="built by model ä, but EMBEDDING_MODEL is other: run `annuncio index`"
    ):
        check_manifest(GOOD, encoder="other", articles=[NEWS])


def test_another_layout_is_refused() -> None:
    """An index of another version's layout is refused, and both layouts are named."""
    with pytest.raises(IndexMismatchError, match=f"layout {LAYOUT + 1}, this version reads {LAYOUT}: run"):
        check_manifest(replace(GOOD, layout=LAYOUT + 1), encoder="model ä", articles=[NEWS])


def test_other_texts_are_refused() -> None:
    """An edited, a new and a missing edition are refused, and named."""
    edited = article("a", {"en": [["One, or so."]], "zh": [["一。"]]})
    new = article("b", {"en": [["Two."]]})
    for articles, named in ([edited], "(a/en)"), ([NEWS, new], "(b/en)"), ([], "(a/en, a/zh)"):
        with pytest.raises(IndexMismatchError, match=re.escape(named)):
            check_manifest(GOOD, encoder="model ä", articles=articles)


def test_only_the_first_of_many_are_named() -> None:
    """The line stays one that a person reads: three editions, then dots."""
    many = [NEWS, *(article(f"n{i}", {"en": [["Two."]]}) for i in range(5))]
    with pytest.raises(IndexMismatchError, match=re.escape("(n0/en, n1/en, n2/en, ...): run")):
        check_manifest(GOOD, encoder="model ä", articles=many)
