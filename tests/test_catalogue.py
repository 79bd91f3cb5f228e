"""The library that is asked now: built where missing, taken over when another process changed it, kept otherwise."""

import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.answers.catalogue import (
    Catalogue,
    build,
    check_places,
    corpus_of,
    open_library,
    prepare_data_dir,
    progress_bar,
)
from bot.answers.library import Library
from bot.errors import CorpusError, IndexMismatchError, StateError
from bot.settings import Settings
from corpus.reader import write_edition
from index.manifest import FILE
from index.store import Unit
from tests.articles import Paragraphs, edition
from tests.encoders import WordEncoder

CARS: Paragraphs = [["The red car drives."]]
BOATS: Paragraphs = [["The blue boat swims."]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A corpus of one article in a folder of the test's own."""
    places = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles")
    write_edition(edition("cars", "en", CARS), places.own_articles)
    return places


@pytest.fixture
def encoder() -> WordEncoder:
    """Knows colours and vehicles."""
    return WordEncoder("red", "blue", "car", "boat")


def found(library: Library, encoder: WordEncoder, words: str) -> str:
    """The sentence that is closest to some words."""
    [vector] = encoder.encode_queries([words])
    return library.search.search(vector, language="en", unit=Unit.SENTENCE, limit=1)[0].passage.text


def test_a_missing_index_is_built(settings: Settings, encoder: WordEncoder, caplog: pytest.LogCaptureFixture) -> None:
    """The first start makes data directory and index, and warns of nothing."""
    library = Catalogue(settings, encoder).current()
    assert list(library.articles) == ["cars"]
    assert found(library, encoder, "car") == "The red car drives."
    assert (settings.index_dir / FILE).is_file()
    assert caplog.records == []


def test_an_index_that_is_there_is_used(settings: Settings, encoder: WordEncoder) -> None:
    """A second start embeds nothing."""
    Catalogue(settings, encoder)
    embedded = len(encoder.embedded)
    Catalogue(settings, encoder)
    assert len(encoder.embedded) == embedded == 2


def test_a_stale_index_is_brought_up(settings: Settings, encoder: WordEncoder) -> None:
    """An article that was added by hand between two starts is embedded at the second; the rest is kept."""
    Catalogue(settings, encoder)
    write_edition(edition("boats", "en", BOATS), settings.own_articles)
    library = Catalogue(settings, encoder).current()
    assert found(library, encoder, "boat") == "The blue boat swims."
    assert encoder.embedded[2:] == ["The blue boat swims."] * 2


@pytest.mark.parametrize("name", [FILE, "vectors"])
def test_a_damaged_index_is_built_anew(
    settings: Settings, encoder: WordEncoder, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A file of the index that was damaged is said in one line and made anew."""
    Catalogue(settings, encoder)
    [path] = settings.index_dir.glob(f"{name}*")
    path.write_bytes(b"\0broken")
    library = Catalogue(settings, encoder).current()
    assert found(library, encoder, "car") == "The red car drives."
    [line] = caplog.messages
    assert line.startswith("building the index anew: ")
    assert str(path) in line


def test_another_model_means_another_index(settings: Settings, encoder: WordEncoder) -> None:
    """An index of another encoder is refused by name where it is only read, and built anew where it may be."""
    Catalogue(settings, encoder)
    other = WordEncoder("red", name="colours")
    with pytest.raises(IndexMismatchError, match="built by words, but EMBEDDING_MODEL is colours"):
        open_library(settings, other)
    assert found(Catalogue(settings, other).current(), other, "red") == "The red car drives."


def test_a_change_by_another_process_is_taken_over(settings: Settings, encoder: WordEncoder) -> None:
    """What another process ingested is found after the next look, without a restart."""
    catalogue = Catalogue(settings, encoder)
    before = catalogue.current()
    write_edition(edition("boats", "en", BOATS), settings.own_articles)
    build(settings, WordEncoder(*encoder.words))
    catalogue.refresh()
    after = catalogue.current()
    assert set(after.articles) == {"cars", "boats"}
    assert found(after, encoder, "boat") == "The blue boat swims."
    assert after.digest != before.digest
    assert set(before.articles) == {"cars"}


def test_no_change_means_the_same_library(settings: Settings, encoder: WordEncoder) -> None:
    """As long as nothing changed, one and the same library is handed out."""
    catalogue = Catalogue(settings, encoder)
    first = catalogue.current()
    catalogue.refresh()
    assert catalogue.current() is first


def test_a_change_while_the_library_was_opened_is_not_missed(
    settings: Settings, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that another process put in place while this one was starting is taken over at the next look."""

    def open_and_be_overtaken(settings: Settings, encoder: WordEncoder) -> Library:
        library = open_library(settings, encoder)
        write_edition(edition("boats", "en", BOATS), settings.own_articles)
        build(settings, encoder)
        return library

    build(settings, encoder)
    monkeypatch.setattr("bot.answers.catalogue.open_or_build", open_and_be_overtaken)
    catalogue = Catalogue(settings, encoder)
    catalogue.refresh()
    assert set(catalogue.current().articles) == {"cars", "boats"}


def write(path: Path, text: str) -> None:
    """Put a text into a file."""
    path.write_text(text, encoding="utf-8")


def break_an_article(settings: Settings) -> Callable[[], None]:
    """Leave an edition without front matter beside the others; gives what mends it."""
    path = settings.own_articles / "boats" / "en.md"
    whole = path.read_text(encoding="utf-8")
    path.write_text("no front matter", encoding="utf-8")
    return partial(write, path, whole)


def break_the_manifest(settings: Settings) -> Callable[[], None]:
    """Leave half a manifest; gives what mends it."""
    path = settings.index_dir / FILE
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    return partial(write, path, whole)


def break_the_vectors(settings: Settings) -> Callable[[], None]:
    """Let the manifest name a file that is not there; gives what mends it."""
    path = settings.index_dir / FILE
    whole = path.read_text(encoding="utf-8")
    path.write_text(json.dumps({**json.loads(whole), "vectors": "gone.faiss"}), encoding="utf-8")
    return partial(write, path, whole)


@pytest.mark.parametrize("damage", [break_an_article, break_the_manifest, break_the_vectors])
def test_the_former_state_answers_while_the_new_one_is_broken(
    settings: Settings,
    encoder: WordEncoder,
    damage: Callable[[Settings], Callable[[], None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While corpus or index is broken, the former state goes on answering; once mended, the new one is taken over."""
    catalogue = Catalogue(settings, encoder)
    write_edition(edition("boats", "en", BOATS), settings.own_articles)
    build(settings, encoder)
    mend = damage(settings)
    catalogue.refresh()
    assert found(catalogue.current(), encoder, "car") == "The red car drives."
    assert set(catalogue.current().articles) == {"cars"}
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("the changed corpus is not taken over yet: ")
    mend()
    catalogue.refresh()
    assert set(catalogue.current().articles) == {"cars", "boats"}


def test_an_index_taken_away_leaves_the_former_state(settings: Settings, encoder: WordEncoder) -> None:
    """Even without any index on disk the library that is in memory answers."""
    catalogue = Catalogue(settings, encoder)
    (settings.index_dir / FILE).unlink()
    catalogue.refresh()
    assert found(catalogue.current(), encoder, "car") == "The red car drives."


def test_a_data_directory_that_cannot_be_made(tmp_path: Path, encoder: WordEncoder) -> None:
    """A file where the data directory should be, or above it, is a StateError that names the setting."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StateError, match=rf"the data directory {place} cannot be made \(.+\): set ANNUNCIO_DATA"):
            prepare_data_dir(place)
        with pytest.raises(StateError):
            Catalogue(Settings(data_dir=place), encoder)
        with pytest.raises(StateError):
            check_places(Settings(data_dir=place))


def test_a_data_directory_that_takes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that its user may not write is a StateError that says what to do."""
    monkeypatch.setattr("os.access", lambda *_: False)  # for root, every directory can be written
    with pytest.raises(StateError, match="cannot be written: change its owner or set ANNUNCIO_DATA_DIR"):
        prepare_data_dir(tmp_path)


@pytest.mark.parametrize("rebuild", [False, True])
def test_an_index_directory_that_cannot_be_used(settings: Settings, encoder: WordEncoder, rebuild: bool) -> None:
    """A file where the index should be is a StateError that names it."""
    settings.data_dir.mkdir()
    settings.index_dir.write_text("x", encoding="utf-8")
    with pytest.raises(StateError, match=str(settings.index_dir)):
        Catalogue(settings, encoder)
    with pytest.raises(StateError, match=str(settings.index_dir)):
        build(settings, encoder, rebuild=rebuild)


def test_a_folder_of_articles_that_is_not_there(tmp_path: Path) -> None:
    """The folder that was given as the whole corpus must exist."""
    places = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "nowhere")
    with pytest.raises(StateError, match=f"the articles folder {tmp_path / 'nowhere'} does not exist"):
        corpus_of(places)
    with pytest.raises(StateError):
        check_places(places)


def test_broken_articles_are_named_before_the_model_is_loaded(settings: Settings) -> None:
    """A mistake in an edition is said at once, with its file."""
    (settings.own_articles / "cars" / "it.md").write_text("no front matter", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"cars/it\.md:1: "):
        check_places(settings)


def test_the_corpus_is_the_shipped_articles_and_ones_own(tmp_path: Path) -> None:
    """Without a folder of one's own the shipped announcement is there, and what was ingested beside it."""
    places = Settings(data_dir=tmp_path)
    write_edition(edition("cars", "en", CARS), places.own_articles)
    assert [article.slug for article in corpus_of(places)] == ["cars", "2025-09-24-xiaomi-cars-abroad"]


def test_no_progress_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output is no terminal, nothing is drawn."""
    tick = progress_bar(2)
    tick(1)
    tick(1)
    assert capsys.readouterr() == ("", "")
