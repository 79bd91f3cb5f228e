"""Wrong settings, files and addresses: one clear line for whoever must act, and nothing is stored."""

from pathlib import Path

import pytest

from tests.documents import PAGE, Page, serving
from tests.e2e.processes import TOKEN, annuncio
from tests.e2e.texts import FERRY, TRAM

pytestmark = pytest.mark.enable_socket


def stored(folder: Path) -> list[str]:
    """The articles that an ingest left behind."""
    return [path.name for path in folder.glob("data/articles/*/*")]


@pytest.mark.parametrize("token", ["no-token", "abc:DEFGH", "98765", "98765:", "98765:with space", "1:é€é€"])
def test_a_malformed_token_is_named_and_not_shown(tmp_path: Path, token: str) -> None:
    """The line names the setting and where a token comes from, and does not repeat what was typed."""
    ended = annuncio("run", folder=tmp_path, settings={"TELEGRAM_BOT_TOKEN": token})
    assert ended.code == 1
    assert ended.stderr.splitlines()[1:] == [
        "TELEGRAM_BOT_TOKEN: the value is no bot token: @BotFather gives one like 123456:ABC-DEF"
    ]
    assert token not in ended.stderr


def test_every_broken_value_of_env_is_named_at_once(tmp_path: Path) -> None:
    """Four mistakes in .env: four lines, each with key and value, and a secret is not repeated."""
    env = (
        f"TELEGRAM_BOT_TOKEN={TOKEN}\nLOG_LEVEL=loud\nWEBHOOK_PORT=99999\nANNUNCIO_LANGUAGE=tlh\n"
        "ANNUNCIO_LANG=it\nWEBHOOK_SECRET=é\n"
    )
    (tmp_path / ".env").write_text(env, encoding="utf-8")
    ended = annuncio("run", folder=tmp_path)
    assert ended.code == 1
    assert ended.stderr.splitlines() == [
        "annuncio: these settings are wrong:",
        "WEBHOOK_SECRET: the value may only have 1 to 256 letters, digits, _ and -",
        "WEBHOOK_PORT: '99999' is no whole number from 1 to 65535",
        "ANNUNCIO_LANGUAGE: 'tlh' is none of en, it, es, de, fr, zh",
        "LOG_LEVEL: 'loud' is none of DEBUG, INFO, WARNING, ERROR",
        "ANNUNCIO_LANG: there is no such setting; .env.example lists them all",
    ]


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A .env in another encoding is told by its name."""
    (tmp_path / ".env").write_bytes(b"\xff\xfeT\x00O\x00K\x00")
    ended = annuncio("health", folder=tmp_path)
    assert ended.code == 1
    assert ended.stderr.splitlines()[1].startswith(".env cannot be read as UTF-8 text")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ((), "annuncio: error: the following arguments are required: COMMAND"),
        (("ingest",), "annuncio ingest: error: the following arguments are required: PATH_OR_URL"),
        (("ask",), 'annuncio ask: error: give one question, as in annuncio ask "When?", or --jsonl'),
        (("ask", "When?", "--jsonl"), 'annuncio ask: error: give one question, as in annuncio ask "When?", or --jsonl'),
        (("ask", "When?", "--lang", "1"), "annuncio ask: error: argument --lang: '1' is no language code"),
        (("ingest", "x", "--published", "24.9.2025"), "argument --published: '24.9.2025' is no date"),
    ],
)
def test_wrong_usage_is_explained(tmp_path: Path, command: tuple[str, ...], line: str) -> None:
    """Exit code 2, and a last line that says what is missing."""
    ended = annuncio(*command, folder=tmp_path)
    assert ended.code == 2
    assert line in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", [("run",), ("ask", "When?"), ("index",), ("ingest", "ferry.txt")])
def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Every command that needs it says so before the model is loaded; the file stays as it is."""
    (tmp_path / "ferry.txt").write_text(FERRY, encoding="utf-8")
    (tmp_path / "data").write_text("mine", encoding="utf-8")
    ended = annuncio(*command, "--data-dir", "data", folder=tmp_path)
    assert ended.code == 1
    assert ended.stderr.splitlines()[-1] == (
        "annuncio: the data directory data cannot be made (File exists): set ANNUNCIO_DATA_DIR"
    )
    assert (tmp_path / "data").read_text(encoding="utf-8") == "mine"


def test_an_articles_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A typing mistake in --articles is not an empty corpus."""
    ended = annuncio("ask", "When?", "--articles", "artcles", "--data-dir", "data", folder=tmp_path)
    assert (ended.code, ended.line) == (1, "annuncio: the articles folder artcles does not exist")


def test_every_mistake_of_every_edition_is_named_with_file_and_line(tmp_path: Path) -> None:
    """Two files, three mistakes: three lines in one run."""
    folder = tmp_path / "articles" / "2026-03-02-tram"
    folder.mkdir(parents=True)
    (folder / "en.md").write_text(
        TRAM.replace("published: 2026-03-02", "published: 2 March").replace("topics:", "topcs:"), encoding="utf-8"
    )
    (folder / "de.md").write_text("Kein Kopf.\n", encoding="utf-8")
    ended = annuncio("index", "--articles", "articles", "--data-dir", "data", folder=tmp_path)
    assert ended.code == 1
    lines = [line.removeprefix("annuncio: ") for line in ended.stderr.splitlines()]
    assert [line.split(": ")[0].removeprefix(f"{tmp_path}/") for line in lines] == [
        "articles/2026-03-02-tram/de.md:1",
        "articles/2026-03-02-tram/en.md:5",
        "articles/2026-03-02-tram/en.md:7",
    ]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("empty.txt", b"", "annuncio: empty.txt: empty: give a file or an address with text"),
        ("blank.txt", b" \n\n\t\n", "annuncio: blank.txt: empty: give a file or an address with text"),
        ("noise.txt", bytes(range(256)) * 40, "annuncio: noise.txt: "),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(500), "annuncio: picture.png: "),
        ("broken.pdf", b"%PDF-1.4\nnothing of it", "annuncio: broken.pdf: "),
        ("page.html", b"<html><head><title>T</title></head><body></body></html>", "annuncio: page.html: "),
        ("huge.txt", b"word " * 5_000_000, "annuncio: huge.txt: longer than 20 MB: save the part that matters"),
        ("missing.txt", None, "annuncio: missing.txt: no such file: check the path"),
        (".", None, "annuncio: .: a folder: give the files in it, such as *.txt"),
    ],
)
def test_a_file_that_holds_no_text_is_named(tmp_path: Path, name: str, content: bytes | None, line: str) -> None:
    """Empty, binary, broken, too long, not there, a folder: one line, and nothing is stored."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = annuncio("ingest", name, "--data-dir", "data", folder=tmp_path)
    assert ended.code == 1
    assert ended.line.startswith(line)
    assert not (tmp_path / "data").exists()


def test_one_bad_file_of_several_stores_none(tmp_path: Path) -> None:
    """What was asked for is done whole or not at all."""
    (tmp_path / "ferry.txt").write_text(FERRY, encoding="utf-8")
    ended = annuncio("ingest", "ferry.txt", "missing.txt", "--data-dir", "data", folder=tmp_path)
    assert (ended.code, ended.line) == (1, "annuncio: missing.txt: no such file: check the path")
    assert stored(tmp_path) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_an_address_on_this_machine_is_refused(tmp_path: Path, host: str) -> None:
    """However it is written; the server that listens there is not even asked."""
    with serving({"/news": Page(PAGE.encode())}) as site:
        port = site.address.rpartition(":")[2]
        ended = annuncio("ingest", f"http://{host}:{port}/news", "--data-dir", "data", folder=tmp_path)
        assert site.hosts == []
    assert ended.code == 1
    assert ended.line.endswith("which is not on the public internet: refused")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("address", ["http://10.0.0.1/", "http://169.254.169.254/latest/"])
def test_an_address_of_the_local_network_is_refused(tmp_path: Path, address: str) -> None:
    """Private and link-local addresses, without a connection."""
    ended = annuncio("ingest", address, "--data-dir", "data", folder=tmp_path)
    assert ended.code == 1
    assert ended.line.endswith("which is not on the public internet: refused")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://[::1"])
def test_what_is_no_web_address_is_refused(tmp_path: Path, address: str) -> None:
    """Other schemes and broken addresses: one line that repeats the address."""
    ended = annuncio("ingest", address, "--data-dir", "data", folder=tmp_path)
    assert ended.code == 1
    assert address.partition("://")[0] in ended.line
