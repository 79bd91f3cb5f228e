"""From a file to an article that is answered from; nothing half done when a source is broken."""

import asyncio
import io
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.answers.answering import Answer
from bot.answers.opening import Answering, open_answering
from bot.cli import main
from bot.errors import AnnuncioError, CorpusError, SourceError, StateError
from bot.news.ingesting import Given, edition_from, put_back, write_editions
from bot.replies import Channel, ChatAddress
from bot.settings import FIELDS, Settings
from bot.state.opening import open_state
from corpus.model import Edition
from corpus.reader import read_article, render_edition, write_edition
from index.encoder import Encoder
from tests.articles import edition
from tests.documents import PAGE, pdf
from tests.encoders import WordEncoder
from tests.vaults import KEY, VAULT

ITALIAN = """Torino, 4 marzo 2025

Acme apre a Torino

Acme apre il suo primo deposito a Torino il 12 maggio 2026.
Il deposito di Acme ospiterà 1.200 camion.

Nessuno ha indicato un prezzo.
"""
SHIPPED = "2025-09-24-xiaomi-cars-abroad"
ANNA, BRUNO = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder for what is ingested."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def text(files: Path) -> Path:
    """A text file in Italian."""
    path = files / "comunicato.txt"
    path.write_text(ITALIAN, encoding="utf-8")
    return path


@pytest.fixture
def places(tmp_path: Path) -> Settings:
    """An empty corpus in a folder of the test's own."""
    (tmp_path / "articles").mkdir()
    return Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles")


@pytest.fixture
def small(places: Settings) -> Answering:
    """Answering over that corpus, with an encoder that costs nothing."""
    return open_answering(places, WordEncoder("depot", "lorry", "price"))


def contents(*folders: Path) -> dict[Path, bytes]:
    """Every file below some folders, but the locks, which stay where they are."""
    return {
        path: path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def owed(settings: Settings) -> list[tuple[int, str]]:
    """Every delivery: whose, by the number of the chat's row, and of which article."""
    query = "SELECT chat_id, article FROM deliveries ORDER BY id"
    with closing(sqlite3.connect(settings.data_dir / "annuncio.db")) as connection:
        return connection.execute(query).fetchall()


def subscribe(settings: Settings, *chats: ChatAddress) -> None:
    """Let some people subscribe."""

    async def all_of_them() -> None:
        async with open_state(settings, VAULT) as state:
            for chat in chats:
                await state.subscriptions.subscribe(chat, "it")

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(all_of_them())


def test_a_text_file(text: Path) -> None:
    """Of a raw text the language, the title, the date and the sentences are found."""
    found = edition_from(str(text), Given())
    assert found.language == found.original == "it"
    assert found.title == "Acme apre a Torino"
    assert found.published == date(2025, 3, 4)
    assert found.slug == "2025-03-04-acme-apre-a-torino"
    assert found.source == "comunicato.txt"
    assert found.topics == ("news",)
    assert [sentence.text for sentence in found.sentences] == [
        "Acme apre il suo primo deposito a Torino il 12 maggio 2026.",
        "Il deposito di Acme ospiterà 1.200 camion.",
        "Nessuno ha indicato un prezzo.",
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Acme opens its first depot in Turin in May, the company said."),
        ("it", "Acme apre a maggio il suo primo deposito a Torino, ha detto l'azienda."),
        ("es", "Acme abre en mayo su primer depósito en Turín, dijo la empresa."),
        ("de", "Acme eröffnet im Mai sein erstes Lager in Turin, sagte die Firma."),
        ("fr", "Acme ouvre en mai son premier dépôt à Turin, a déclaré l'entreprise."),
        ("zh", "公司表示，Acme将于五月在都灵开设第一个仓库。"),
    ],
)
def test_the_language_is_found_in_the_text(files: Path, language: str, line: str) -> None:
    """Each language that the bot speaks is recognised by the text alone."""
    (files / "x.txt").write_text(f"{line}\n", encoding="utf-8")
    assert edition_from(str(files / "x.txt"), Given()).language == language


def test_a_saved_page(files: Path) -> None:
    """Of a page the article alone is taken, with what the page says of itself."""
    (files / "page.html").write_text(PAGE, encoding="utf-8")
    found = edition_from(str(files / "page.html"), Given())
    assert (found.language, found.title, found.published) == ("en", "Acme opens a depot", date(2025, 3, 4))
    assert found.source == "Acme Daily"
    assert found.sentences[0].text == "Acme will open its first depot in Turin in May, it said."
    assert not any("Copyright" in sentence.text or "Jobs" in sentence.text for sentence in found.sentences)


def test_a_pdf(files: Path) -> None:
    """Of a PDF the text is taken, and its title and date where it has them."""
    lines = ["Acme opens its first depot in Turin in May 2026.", "It will hold 1,200 lorries."]
    (files / "x.pdf").write_bytes(pdf([lines], title="Acme opens a depot", created="D:20250304100000Z"))
    found = edition_from(str(files / "x.pdf"), Given())
    assert (found.title, found.published, found.language) == ("Acme opens a depot", date(2025, 3, 4), "en")
    assert [sentence.text for sentence in found.sentences] == lines


def test_an_edition_file_stays_as_it_is(files: Path, small: Answering) -> None:
    """What a person wrote as an edition is stored as it is, its folder's name being the article's."""
    written = edition("2025-01-02-depot", "en", [["One depot.", "Two."], ["Three."]], title="Depot", day=2)
    path = write_edition(written, files)
    found = edition_from(str(path), Given())
    assert found == written
    write_editions(small, [found])
    assert read_article(small.settings.own_articles / "2025-01-02-depot").original == written


def test_what_the_operator_says_wins(text: Path) -> None:
    """Language, title, date and topics that were given are taken, whatever the text says."""
    given = Given("fr", "Autre titre", date(2026, 1, 2), ("offers",))
    found = edition_from(str(text), given)
    assert (found.language, found.title, found.published, found.topics) == (
        "fr",
        "Autre titre",
        date(2026, 1, 2),
        ("offers",),
    )
    assert found.slug == "2026-01-02-autre-titre"


def test_a_text_without_a_date_is_of_today(files: Path) -> None:
    """Where nothing says when, it is today, in UTC."""
    (files / "x.txt").write_text("Acme opens a depot in Turin.\n", encoding="utf-8")
    before = datetime.now(tz=UTC).date()
    assert before <= edition_from(str(files / "x.txt"), Given()).published <= datetime.now(tz=UTC).date()


def test_an_article_is_answerable_at_once(text: Path, encoder: Encoder, data_dir: Path) -> None:
    """The Answering that was there before answers from the new article, and from the old one as ever."""
    answering = open_answering(Settings(data_dir=data_dir), encoder)
    [ingested] = write_editions(answering, [edition_from(str(text), Given())])
    assert ingested.known is False
    answering.catalogue.refresh()
    outcome = answering.answerer.answer("Quando apre il primo deposito di Acme a Torino?")
    assert isinstance(outcome, Answer)
    assert outcome.evidence[0].id == "2025-03-04-acme-apre-a-torino/p1/s1"
    assert "12 maggio 2026" in (outcome.headline or "")
    outcome = answering.answerer.answer("When do Xiaomi cars reach Europe?")
    assert isinstance(outcome, Answer)
    assert outcome.evidence[0].id.startswith(f"{SHIPPED}/")


def test_only_the_new_article_is_embedded(small: Answering, text: Path) -> None:
    """What was there before costs nothing."""
    encoder = small.encoder
    assert isinstance(encoder, WordEncoder)
    write_editions(small, [edition("a", "en", [["A depot."]])])
    embedded = len(encoder.embedded)
    write_editions(small, [edition_from(str(text), Given())])
    assert encoder.embedded[embedded:][-1] == "Nessuno ha indicato un prezzo."
    assert "A depot." not in encoder.embedded[embedded:]


def test_the_same_edition_twice_changes_nothing(small: Answering, text: Path) -> None:
    """A second ingest of the same text is known, and touches neither corpus nor index."""
    found = edition_from(str(text), Given())
    assert [ingested.known for ingested in write_editions(small, [found])] == [False]
    before = contents(small.settings.own_articles, small.settings.data_dir)
    assert [ingested.known for ingested in write_editions(small, [found, found])] == [True, True]
    assert contents(small.settings.own_articles, small.settings.data_dir) == before


def test_a_changed_text_replaces_the_former(small: Answering) -> None:
    """The same article with another text takes the former's place, on disk and in the index."""
    write_editions(small, [edition("a", "en", [["The depot is in Turin."]])])
    [ingested] = write_editions(small, [edition("a", "en", [["The depot is in Rome."]])])
    assert ingested.known is False
    small.catalogue.refresh()
    assert [s.text for s in small.catalogue.current().articles["a"].original.sentences] == ["The depot is in Rome."]


def test_what_was_written_can_be_put_back(small: Answering) -> None:
    """The file of a new article goes, that of a changed one is what it was, and the index follows."""
    first = edition("a", "en", [["The depot is in Turin."]])
    write_editions(small, [first])
    before = contents(small.settings.own_articles)
    write_editions(small, [edition("a", "en", [["The depot is in Rome."]]), edition("b", "en", [["A lorry."]])])
    put_back(small, {"a/en": render_edition(first), "b/en": None})
    assert contents(small.settings.own_articles) == before
    assert not (small.settings.own_articles / "b").exists()
    small.catalogue.refresh()
    assert small.catalogue.current().articles["a"].original == first


def test_what_cannot_be_put_back_stays(small: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the index cannot follow, the files are as they were before."""
    write_editions(small, [edition("a", "en", [["A depot."]])])
    before = contents(small.settings.own_articles)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.answers.catalogue.add_new", full)
    with pytest.raises(StateError):
        put_back(small, {"a/en": None})
    assert contents(small.settings.own_articles) == before


def test_a_shipped_file_is_known(encoder: Encoder, data_dir: Path) -> None:
    """Ingesting a file that came with the bot writes nothing."""
    answering = open_answering(Settings(data_dir=data_dir), encoder)
    before = contents(data_dir)
    path = answering.settings.shipped_articles / SHIPPED / "it.md"
    [ingested] = write_editions(answering, [edition_from(str(path), Given())])
    assert ingested.known is True
    assert contents(data_dir) == before


def refused(answering: Answering, *editions: Edition) -> AnnuncioError:
    """The error that storing these ends in; asserts that everything is as it was."""
    folders = (answering.settings.own_articles, answering.settings.data_dir)
    before = contents(*folders)
    folders_before = sorted(answering.settings.own_articles.iterdir()) if folders[0].is_dir() else []
    with pytest.raises(AnnuncioError) as caught:
        write_editions(answering, editions)
    assert contents(*folders) == before
    assert (sorted(folders[0].iterdir()) if folders[0].is_dir() else []) == folders_before
    answering.catalogue.refresh()
    return caught.value


def test_a_shipped_article_cannot_be_changed(encoder: Encoder, data_dir: Path) -> None:
    """Another text for an article that came with the bot is refused, and does not break the corpus."""
    answering = open_answering(Settings(data_dir=data_dir), encoder)
    shipped = edition_from(str(answering.settings.shipped_articles / SHIPPED / "en.md"), Given())
    error = refused(answering, replace(shipped, title="Mine"))
    assert isinstance(error, CorpusError)
    assert f"the article {SHIPPED} is already in " in str(error)
    assert SHIPPED in answering.catalogue.current().articles


def test_a_second_edition_that_is_broken(small: Answering) -> None:
    """Of two texts of which the second contradicts what is stored, neither is stored."""
    write_editions(small, [edition("a", "en", [["A depot."], ["A price."]])])
    error = refused(small, edition("b", "en", [["A lorry."]]), edition("a", "it", [["Un deposito."]]))
    assert "a/it.md: 1 paragraphs, but 2 in en.md" in str(error)
    assert set(small.catalogue.current().articles) == {"a"}


def test_a_replacement_that_fails_is_undone(small: Answering) -> None:
    """A text that had taken a former one's place gives it back when a later one is refused."""
    write_editions(small, [edition("a", "en", [["A depot."], ["A price."]])])
    refused(small, edition("a", "en", [["Another depot."], ["A price."]]), edition("a", "it", [["Un deposito."]]))
    small.catalogue.refresh()
    assert small.catalogue.current().articles["a"].original.sentences[0].text == "A depot."


def test_two_texts_with_one_name(small: Answering) -> None:
    """Two texts that would become the same article are refused: one would overwrite the other."""
    error = refused(small, edition("a", "en", [["A depot."]]), edition("a", "en", [["A lorry."]]))
    assert isinstance(error, SourceError)
    assert "two of these texts would become the same article a/en" in str(error)


def test_an_index_that_cannot_be_written(small: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the index cannot be brought up, the text is not stored either."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.answers.catalogue.add_new", full)
    error = refused(small, edition("a", "en", [["A depot."]]))
    assert isinstance(error, StateError)
    assert "No space left on device" in str(error)


def test_an_interruption_is_undone(small: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while passages are embedded leaves everything as it was."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = contents(small.settings.own_articles, small.settings.data_dir)
    monkeypatch.setattr("bot.answers.catalogue.add_new", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_editions(small, [edition("a", "en", [["A depot."]])])
    assert contents(small.settings.own_articles, small.settings.data_dir) == before
    assert list(small.settings.own_articles.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "empty.txt: "),
        ("blank.txt", b"  \n\n\t\n", "blank.txt: "),
        ("binary.bin", b"\x7fELF\x02\x01\x01\0\0\0\0\0" * 50, "binary.bin: "),
        ("page.html", b"<html><body></body></html>", "page.html: "),
        ("broken.pdf", b"%PDF-1.4\nnothing", "broken.pdf: "),
        ("edition.md", b"---\ntitle: x\n---\nOne.\n", "edition.md:"),
    ],
)
def test_a_source_that_cannot_be_read(files: Path, name: str, content: bytes, said: str) -> None:
    """An empty, binary or damaged file is an error that names it."""
    (files / name).write_bytes(content)
    with pytest.raises(AnnuncioError) as caught:
        edition_from(str(files / name), Given())
    assert said in str(caught.value)


Ingest = Callable[..., tuple[object, str, str]]


@pytest.fixture
def ingest(
    places: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Ingest]:
    """`annuncio ingest` on the empty corpus; gives exit code, output and errors."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANNUNCIO_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.answers.opening.load_encoder", lambda *_: WordEncoder("depot", "lorry", "price"))
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*arguments: str | Path) -> tuple[object, str, str]:
        where = ("--data-dir", str(places.data_dir), "--articles", str(places.own_articles))
        with pytest.raises(SystemExit) as ended:
            main(["ingest", *map(str, arguments), *where])
        return (ended.value.code, *capsys.readouterr())

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_command_says_what_it_did(ingest: Ingest, places: Settings, text: Path) -> None:
    """A line for the article, a line for its subscribers; the second time, that it was there already."""
    subscribe(places, ANNA, BRUNO)
    slug = "2025-03-04-acme-apre-a-torino"
    assert ingest(text) == (
        0,
        f"{slug}/it: Acme apre a Torino (2025-03-04; paragraphs: 2, sentences: 3)\n"
        f"{slug}: 2 subscribers will hear of it\n",
        "",
    )
    assert (places.own_articles / slug / "it.md").is_file()
    code, out, _ = ingest(text)
    assert code == 0
    assert out.splitlines()[0].endswith(" - already there, unchanged")
    assert out.splitlines()[1] == f"{slug}: 0 subscribers will hear of it"
    assert owed(places) == [(1, slug), (2, slug)]


def test_one_subscriber(ingest: Ingest, places: Settings, text: Path) -> None:
    """One is not "subscribers"."""
    subscribe(places, ANNA)
    assert ingest(text)[1].endswith(": 1 subscriber will hear of it\n")


def test_a_dry_run_writes_nothing(ingest: Ingest, places: Settings, text: Path, tmp_path: Path) -> None:
    """--dry-run shows the edition file that would be written, and touches nothing."""
    before = contents(tmp_path)
    code, out, err = ingest(text, "--dry-run", "--title", "Titolo", "--topic", "offers", "--topic", "news")
    found = edition_from(str(text), Given(title="Titolo", topics=("offers", "news")))
    assert (code, out, err) == (0, f"# {found.slug}/it.md\n{render_edition(found)}\n", "")
    assert contents(tmp_path) == before
    assert not places.data_dir.exists()


def test_a_broken_second_source(ingest: Ingest, places: Settings, text: Path, files: Path) -> None:
    """Of two sources of which the second cannot be read, the first is not stored either: one line, and no news."""
    subscribe(places, ANNA)
    before = contents(places.own_articles, places.data_dir)
    code, out, err = ingest(text, files / "nowhere.txt")
    assert (code, out) == (1, "")
    assert err == f"annuncio: {files / 'nowhere.txt'}: no such file: check the path\n"
    assert contents(places.own_articles, places.data_dir) == before
    assert owed(places) == []


def test_two_sources(ingest: Ingest, places: Settings, text: Path, files: Path) -> None:
    """Several files are several articles, in the order they were given."""
    (files / "page.html").write_text(PAGE, encoding="utf-8")
    code, out, _ = ingest(text, files / "page.html")
    assert code == 0
    assert [line.partition("/")[0] for line in out.splitlines()[:2]] == [
        "2025-03-04-acme-apre-a-torino",
        "2025-03-04-acme-opens-a-depot",
    ]
    assert sorted(path.name for path in places.own_articles.iterdir()) == [
        "2025-03-04-acme-apre-a-torino",
        "2025-03-04-acme-opens-a-depot",
    ]
