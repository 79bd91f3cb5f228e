"""Settings: read once from the environment and `.env`, every mistake named at once, no secret shown."""

import dataclasses
import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import FIELDS, Settings, load_settings, parse_settings

SECRET = "not-to-be-shown"  # noqa: S105  (it is looked for in messages)
KEY = "1" * 43 + "="
OLDER_KEY = "2" * 43 + "="
EXAMPLE = Path(__file__).parents[1] / ".env.example"
FULL = {
    "TELEGRAM_BOT_TOKEN": "123456:ABC-DEF",
    "TELEGRAM_API_BASE_URL": "http://127.0.0.1:8081/",
    "WEBHOOK_URL": "https://bot.example.org/hook",
    "WEBHOOK_SECRET": "a_b-c",
    "WEBHOOK_LISTEN": "127.0.0.1",
    "WEBHOOK_PORT": "8443",
    "ANNUNCIO_DATA_DIR": "/var/lib/annuncio",
    "ANNUNCIO_ARTICLES": "texts",
    "ANNUNCIO_LANGUAGE": "IT",
    "DATABASE_URL": "sqlite+aiosqlite:///other.db",
    "ANNUNCIO_KEY": f"{KEY} {OLDER_KEY}",
    "ANNUNCIO_KEY_FILE": "/etc/annuncio/key",
    "ANNUNCIO_CONTACT": "privacy@example.org",
    "EMBEDDING_MODEL": "my/model",
    "EMBEDDING_QUERY_PROMPT": "query: ",
    "EMBEDDING_PASSAGE_PROMPT": "passage: ",
    "READER": "OFF",
    "ANSWER_THRESHOLD": "0.25",
    "TOPIC_THRESHOLD": "1",
    "ANSWER_THREADS": "4",
    "ADMINS": "11, 22 11",
    "SOURCES": "https://example.org/feed.xml, news\t/srv/texts",
    "REVIEW": "true",
    "LOG_LEVEL": "info",
}


def mistakes_of(values: dict[str, str | None]) -> list[str]:
    """The lines of the error that these values end in."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(values)
    return str(caught.value).split("\n")


def test_nothing_set_is_the_defaults() -> None:
    """With no setting at all, every field has its default."""
    assert parse_settings({}) == Settings()


def test_every_setting_is_read() -> None:
    """Each setting ends in its field, in its field's type."""
    assert parse_settings(FULL) == Settings(
        telegram_bot_token="123456:ABC-DEF",  # noqa: S106  (no token of anybody's)
        telegram_api_base_url="http://127.0.0.1:8081",
        webhook_url="https://bot.example.org/hook",
        webhook_secret="a_b-c",  # noqa: S106  (nobody's either)
        webhook_listen="127.0.0.1",
        webhook_port=8443,
        data_dir=Path("/var/lib/annuncio"),
        articles_dir=Path("texts"),
        language="it",
        database_url="sqlite+aiosqlite:///other.db",
        key=f"{KEY},{OLDER_KEY}",
        key_file=Path("/etc/annuncio/key"),
        contact="privacy@example.org",
        embedding_model="my/model",
        embedding_query_prompt="query: ",
        embedding_passage_prompt="passage: ",
        reader=False,
        answer_threshold=0.25,
        topic_threshold=1.0,
        answer_threads=4,
        admins=(11, 22),
        sources=("https://example.org/feed.xml", "news", "/srv/texts"),
        review=True,
        log_level="INFO",
    )


def test_each_field_has_one_name_outside() -> None:
    """FIELDS names every field of Settings, and each once."""
    assert sorted(field for field, _ in FIELDS.values()) == sorted(f.name for f in dataclasses.fields(Settings))
    assert set(FULL) == set(FIELDS)


def test_empty_is_not_set() -> None:
    """An empty or blank value counts as not set: `KEY=` in a file changes nothing."""
    assert parse_settings(dict.fromkeys(FIELDS, "") | {"LOG_LEVEL": "  ", "WEBHOOK_URL": None}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TELEGRAM_API_BASE_URL", "localhost:8081", "is no address: write it like https://example.org"),
        ("TELEGRAM_API_BASE_URL", "ftp://example.org", "is no address: write it like https://example.org"),
        ("WEBHOOK_URL", "http://example.org", "must begin with https://, Telegram calls no other"),
        ("WEBHOOK_PORT", "0", "is no whole number from 1 to 65535"),
        ("WEBHOOK_PORT", "80a", "is no whole number from 1 to 65535"),
        ("WEBHOOK_PORT", "٨٠", "is no whole number from 1 to 65535"),
        ("ANNUNCIO_LANGUAGE", "tlh", "is none of en, it, es, de, fr, zh"),
        ("READER", "yes", "is none of on, off"),
        ("ANSWER_THRESHOLD", "1.5", "is no number from 0 to 1"),
        ("ANSWER_THRESHOLD", "half", "is no number from 0 to 1"),
        ("TOPIC_THRESHOLD", "nan", "is no number from 0 to 1"),
        ("ANSWER_THREADS", "-2", "is no whole number from 1 to 32"),
        ("ANSWER_THREADS", "9" * 5000, "is no whole number from 1 to 32"),
        (
            "ADMINS",
            "11, @anna",
            "names people by their numbers on Telegram, such as 123456789, and '@anna' is none",
        ),
        ("ANNUNCIO_CONTACT", "a\nb", "is not one line of at most 200 characters"),
        ("ANNUNCIO_CONTACT", "x" * 201, "is not one line of at most 200 characters"),
        ("REVIEW", "maybe", "is none of on, off"),
        (
            "SOURCES",
            "news ftp://example.org",
            "names folders and addresses that begin with http:// or https://, and 'ftp://example.org' is neither",
        ),
        ("LOG_LEVEL", "loud", "is none of DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_mistake_names_key_and_value(name: str, value: str, said: str) -> None:
    """A wrong value is one line: its key, the value as it was given, and what would be right."""
    assert mistakes_of({name: value}) == [f"{name}: {value!r} {said}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", SECRET),
        ("TELEGRAM_BOT_TOKEN", f"123456:{SECRET}\u00e9"),
        ("WEBHOOK_SECRET", f"{SECRET}!"),
        ("WEBHOOK_SECRET", SECRET * 100),
        ("ANNUNCIO_KEY", SECRET),
        ("ANNUNCIO_KEY", f"{KEY},{SECRET}"),
    ],
)
def test_a_secret_is_never_shown(name: str, value: str) -> None:
    """A wrong secret is named by its key alone."""
    [line] = mistakes_of({name: value})
    assert line.startswith(f"{name}: the value ")
    assert SECRET not in line


def test_every_mistake_at_once() -> None:
    """All mistakes are listed in one run, in the order of the settings, then unknown names."""
    lines = mistakes_of({"LOG_LEVEL": "loud", "WEBHOOK_PORT": "x", "ANNUNCIO_LANG": "it", "TELEGRAM_BOT_TOKEN": "x"})
    assert [line.partition(":")[0] for line in lines] == [
        "TELEGRAM_BOT_TOKEN",
        "WEBHOOK_PORT",
        "LOG_LEVEL",
        "ANNUNCIO_LANG",
    ]


def test_a_review_takes_somebody() -> None:
    """Drafts that nobody could publish are a mistake; whoever has admins may review or not."""
    assert mistakes_of({"REVIEW": "on"}) == ["REVIEW: it is on, and needs somebody in ADMINS who reviews"]
    assert parse_settings({"REVIEW": "on", "ADMINS": "7"}).review
    assert not parse_settings({"REVIEW": "false"}).review


def test_a_misspelt_name_is_named() -> None:
    """A name that looks like one of ours but is none is a mistake, with where to look; other names are not ours."""
    assert mistakes_of({"ANNUNCIO_DATADIR": "x", "HOME": "/", "PATH": "x"}) == [
        "ANNUNCIO_DATADIR: there is no such setting; .env.example lists them all"
    ]


def test_the_file_is_read(tmp_path: Path) -> None:
    """`.env` gives values, with quotes, comments and a byte order mark where an editor left one."""
    file = tmp_path / ".env"
    file.write_text('# mine\nLOG_LEVEL=ERROR\nexport EMBEDDING_QUERY_PROMPT="query: "\n', encoding="utf-8")
    assert load_settings(file, {}) == Settings(log_level="ERROR", embedding_query_prompt="query: ")


def test_the_file_of_an_editor_on_windows(tmp_path: Path) -> None:
    """A byte order mark and CRLF change nothing, or the first setting would silently not count."""
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfLOG_LEVEL=ERROR\r\nANSWER_THREADS=3\r\n")
    assert load_settings(file, {}) == Settings(log_level="ERROR", answer_threads=3)


def test_the_environment_wins(tmp_path: Path) -> None:
    """Where both set a value, the environment's counts."""
    file = tmp_path / ".env"
    file.write_text("LOG_LEVEL=ERROR\nANSWER_THREADS=3\n", encoding="utf-8")
    assert load_settings(file, {"LOG_LEVEL": "DEBUG"}) == Settings(log_level="DEBUG", answer_threads=3)


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    """Without a `.env` the environment is all."""
    assert load_settings(tmp_path / ".env", {}) == Settings()


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A `.env` in another encoding is one clear line that names the file."""
    file = tmp_path / ".env"
    file.write_bytes(b"LOG_LEVEL=\xff\xfe\n")
    with pytest.raises(SettingsError, match=re.escape(f"{file} cannot be read as UTF-8 text")):
        load_settings(file, {})


def test_where_things_lie() -> None:
    """Built things lie under the data directory; the corpus is the shipped articles and the operator's own."""
    settings = Settings(data_dir=Path("/d"))
    assert settings.index_dir == Path("/d/index")
    assert settings.heartbeat_file == Path("/d/heartbeat.json")
    assert settings.database == "sqlite+aiosqlite:////d/annuncio.db"
    assert settings.own_articles == Path("/d/articles")
    assert settings.corpus_folders == (settings.shipped_articles, Path("/d/articles"))
    assert (settings.shipped_articles / "2025-09-24-xiaomi-cars-abroad" / "it.md").is_file()


def test_a_folder_of_articles_is_the_whole_corpus() -> None:
    """With a folder of one's own, that alone is the corpus, and `ingest` writes there."""
    settings = Settings(data_dir=Path("/d"), articles_dir=Path("/a"))
    assert settings.corpus_folders == (Path("/a"),)
    assert settings.own_articles == Path("/a")


def example() -> dict[str, tuple[str, str]]:
    """Each setting of .env.example: its value, and what the comment above it says of its default, in one line."""
    found: dict[str, tuple[str, str]] = {}
    for block in EXAMPLE.read_text(encoding="utf-8").split("\n\n"):
        comment = " ".join(line.removeprefix("#").strip() for line in block.splitlines())
        for match in re.finditer(r"^(?:# ?)?([A-Z][A-Z_]+)=(.*)$", block, re.MULTILINE):
            assert match[1] not in found, f"{match[1]} stands twice"
            found[match[1]] = (match[2].strip().strip("\"'"), comment.partition("Default: ")[2])
    return found


def test_the_example_documents_every_setting() -> None:
    """.env.example has a line for every setting, and for none that does not exist."""
    assert set(example()) == set(FIELDS)


def test_the_example_names_the_defaults() -> None:
    """.env.example says of every setting what holds without it, and a value that it shows is the default or fits."""
    defaults = Settings()
    for name, (value, said) in example().items():
        field, cast = FIELDS[name]
        default = getattr(defaults, field)
        assert said, name
        if default not in (None, ()):
            written = {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)
            assert re.search(rf"(?<!\w){re.escape(written)}(?!\w)", said), name
        if value:
            assert cast(value) == default or default is None, name


def test_the_example_copied_changes_nothing() -> None:
    """`.env.example` copied to `.env` as it is leaves every default in force."""
    assert EXAMPLE.is_file()
    assert load_settings(EXAMPLE, {}) == Settings()
