"""The builder: only what is new or changed is embedded, and what is gone goes (test_builder_crashes.py: the rest)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from corpus.model import Article
from index import builder
from index.builder import add_new, open_index
from index.errors import IndexMismatchError
from index.store import Unit, passages_of
from tests.articles import article, edition
from tests.encoders import WordEncoder

WORDS = ("red", "green", "blue")
CARS = article("cars", {"en": [["A red car."], ["A green car.", "Many cars."]], "it": [["red"], ["green", "molte"]]})
BOATS = article("boats", {"en": [["A blue boat."]]})
EDITED = article("cars", {"en": [["A blue car."], ["A green car.", "Many cars."]], "it": [["red"], ["green", "molte"]]})
OLD, NEW = [CARS], [EDITED, BOATS]


def words() -> WordEncoder:
    """An encoder that has embedded nothing yet."""
    return WordEncoder(*WORDS)


def nearest(folder: Path, articles: Sequence[Article], word: str) -> tuple[str, float]:
    """Opens the index, checks that it holds just these articles, and asks it for a word."""
    manifest, store = open_index(folder, articles, "words")
    passages = passages_of(articles)
    assert store.keys == {passage.key for passage in passages}
    assert manifest.passages == len(passages)
    query = words().encode_queries([word])[0]
    hit = store.search(query, language="en", unit=Unit.SENTENCE, limit=1)[0]
    return hit.passage.text, round(hit.similarity, 6)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The index of the old articles."""
    folder = tmp_path / "index"
    add_new(OLD, words(), folder)
    return folder


def test_a_first_build_embeds_everything(tmp_path: Path) -> None:
    """Every sentence and paragraph of every edition is embedded once, into a folder that is made."""
    encoder = words()
    report = add_new(OLD, encoder, tmp_path / "deep" / "index")
    assert sorted(encoder.embedded) == sorted(passage.text for passage in passages_of(OLD))
    assert (report.embedded, report.removed, report.kept, report.changed) == (10, 0, 0, True)
    assert report.new_articles == (CARS,)
    assert nearest(tmp_path / "deep" / "index", OLD, "green") == ("A green car.", 1.0)


def test_a_second_build_changes_nothing(built: Path) -> None:
    """Building again from the same articles embeds nothing and touches no file."""
    before = {path: path.stat().st_mtime_ns for path in built.iterdir() if path.name != builder.LOCK}
    encoder = words()
    report = add_new(OLD, encoder, built)
    assert encoder.embedded == []
    assert (report.new_articles, report.embedded, report.removed, report.kept) == ((), 0, 0, 10)
    assert not report.changed
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_only_what_is_new_or_changed_is_embedded(built: Path) -> None:
    """An edited sentence costs itself and its paragraph, a new article its passages, all else is kept."""
    encoder = words()
    report = add_new(NEW, encoder, built)
    assert sorted(encoder.embedded) == ["A blue boat.", "A blue boat.", "A blue car.", "A blue car."]
    assert (report.embedded, report.removed, report.kept) == (4, 2, 8)
    assert report.new_articles == (BOATS,)
    assert nearest(built, NEW, "blue")[1] == 1.0
    assert nearest(built, NEW, "red")[1] == 0.0


def test_what_is_gone_is_forgotten(built: Path) -> None:
    """A removed article leaves no vector, and removing embeds nothing."""
    add_new(NEW, words(), built)
    encoder = words()
    report = add_new([BOATS], encoder, built)
    assert encoder.embedded == []
    assert (report.removed, report.kept) == (10, 2)
    assert nearest(built, [BOATS], "red") == ("A blue boat.", 0.0)


def test_an_empty_corpus_has_an_index(built: Path) -> None:
    """When the last article goes, the index is empty, not missing."""
    assert add_new([], words(), built).removed == 10
    _, store = open_index(built, [], "words")
    assert store.keys == frozenset()


def test_another_edition_makes_no_new_article(built: Path) -> None:
    """A translation of a known article is embedded, but the article is not new."""
    translated = Article("cars", (*CARS.editions, edition("cars", "de", [["red"]])))
    report = add_new([translated], words(), built)
    assert (report.new_articles, report.embedded, report.kept) == ((), 2, 10)


def test_another_title_embeds_nothing(built: Path) -> None:
    """What no vector depends on changes the manifest alone."""
    english = [[s.text for s in p.sentences] for p in CARS.editions[0].paragraphs]
    italian = [[s.text for s in p.sentences] for p in CARS.editions[1].paragraphs]
    renamed = article("cars", {"en": english, "it": italian}, title="Other news")
    encoder = words()
    assert not add_new([renamed], encoder, built).changed
    assert encoder.embedded == []
    assert nearest(built, [renamed], "red") == ("A red car.", 1.0)


def test_another_encoder_embeds_everything(built: Path) -> None:
    """Vectors of another model are never mixed in, and the articles are not new for that."""
    encoder = WordEncoder(*WORDS, "car", name="more words")
    report = add_new(OLD, encoder, built)
    assert (report.embedded, report.kept, report.new_articles) == (10, 0, ())
    open_index(built, OLD, "more words")
    with pytest.raises(IndexMismatchError, match="built by more words, but EMBEDDING_MODEL is words"):
        open_index(built, OLD, "words")


def test_a_model_that_changed_its_length_embeds_everything(built: Path) -> None:
    """Vectors of another length are never mixed in, though the model is called the same."""
    report = add_new(NEW, WordEncoder(*WORDS, "car"), built)
    assert (report.embedded, report.kept) == (12, 0)


def test_another_layout_embeds_everything(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that cuts passages in another way builds the index anew."""
    for module in ("builder", "manifest"):
        monkeypatch.setattr(f"index.{module}.LAYOUT", 99)
    with pytest.raises(IndexMismatchError, match="layout 1, this version reads 99"):
        open_index(built, OLD, "words")
    assert add_new(OLD, words(), built).embedded == 10
    assert nearest(built, OLD, "red") == ("A red car.", 1.0)


def test_a_rebuild_embeds_everything(built: Path) -> None:
    """With `rebuild` nothing on disk is trusted."""
    encoder = words()
    assert add_new(OLD, encoder, built, rebuild=True).embedded == 10
    assert len(encoder.embedded) == 10
    assert nearest(built, OLD, "red") == ("A red car.", 1.0)


def test_progress_is_told(tmp_path: Path) -> None:
    """Who watches hears how many passages there are, and of each that is done."""
    told: list[int] = []
    done: list[int] = []

    def watch(count: int) -> Callable[[int], object]:
        told.append(count)
        return done.append

    add_new(OLD, words(), tmp_path, watch)
    assert (told, sum(done)) == ([10], 10)


def test_other_texts_are_refused(built: Path) -> None:
    """An index of other texts than the corpus holds is not opened, and the editions are named."""
    with pytest.raises(IndexMismatchError, match=r"other texts than the corpus holds \(boats/en, cars/en\)"):
        open_index(built, NEW, "words")


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    """Where nothing was built, the error says what to type."""
    with pytest.raises(IndexMismatchError, match=r"no index in .* yet: run `annuncio index`"):
        open_index(tmp_path, OLD, "words")


def test_an_open_index_outlives_the_next(built: Path) -> None:
    """Who has the old index open goes on asking it after the new one is in place."""
    _, store = open_index(built, OLD, "words")
    add_new(NEW, words(), built)
    hit = store.search(words().encode_queries(["red"])[0], language="en", unit=Unit.SENTENCE, limit=1)[0]
    assert (hit.passage.text, hit.similarity) == ("A red car.", 1.0)
