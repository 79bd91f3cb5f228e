"""The settings: one frozen value, read once from the environment and `.env`, every mistake named at once."""

import os
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import SettingsError

T = TypeVar("T")

LANGUAGES = ("en", "it", "es", "de", "fr", "zh")
"""The languages that the bot itself speaks."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set; README.md and .env.example say what each is for."""

    telegram_bot_token: str | None = None
    telegram_api_base_url: str = "https://api.telegram.org"
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_listen: str = "0.0.0.0"  # noqa: S104  # a webhook is reached from outside, through the proxy before it
    webhook_port: int = 8080
    data_dir: Path = Path("data")
    articles_dir: Path | None = None
    """The folder that is the whole corpus, if one is given."""
    database_url: str | None = None
    key: str | None = field(default=None, repr=False)
    """What seals the people in the database, in place of a key file."""
    key_file: Path | None = None
    contact: str | None = None
    """Whom people may ask about what is kept of them, as it is shown to them."""
    language: str = "en"
    """What the bot speaks where it cannot tell the asker's language."""
    embedding_model: str = "packaged"
    embedding_query_prompt: str | None = None
    embedding_passage_prompt: str | None = None
    reader: bool = True
    """Whether the likeliest sentences are read together with the question."""
    answer_threshold: float | None = None
    topic_threshold: float | None = None
    answer_threads: int = 2
    admins: tuple[int, ...] = ()
    """Who may add articles and see figures in the chat, by their number on Telegram."""
    sources: tuple[str, ...] = ()
    """Folders, feeds and pages that are watched while the bot runs."""
    review: bool = False
    """Whether what the sources bring waits for an admin."""
    log_level: str = "WARNING"

    @property
    def shipped_articles(self) -> Path:
        """The articles inside the installation, read-only."""
        return Path(str(files("corpus"))) / "articles"

    @property
    def own_articles(self) -> Path:
        """Where `ingest` writes."""
        return self.articles_dir or self.data_dir / "articles"

    @property
    def corpus_folders(self) -> tuple[Path, ...]:
        """The folders whose articles make up the corpus."""
        return (self.articles_dir,) if self.articles_dir else (self.shipped_articles, self.own_articles)

    @property
    def index_dir(self) -> Path:
        """Where the built index lies."""
        return self.data_dir / "index"

    @property
    def heartbeat_file(self) -> Path:
        """Written by the running bot, read by `annuncio health`."""
        return self.data_dir / "heartbeat.json"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'annuncio.db'}"

    @property
    def key_path(self) -> Path:
        """Where the key file lies: apart from the data directory, in the person's own configuration."""
        return self.key_file or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "annuncio" / "key"


_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]{3,}")


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("is no bot token: @BotFather gives one like 123456:ABC-DEF")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no address: write it like https://example.org")
    return value.rstrip("/")


def _number(low: float, high: float) -> Callable[[str], float]:
    def cast(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise ValueError(f"is no number from {low:g} to {high:g}")
        return number

    return cast


def _whole(low: int, high: int) -> Callable[[str], int]:
    def cast(value: str) -> int:
        digits = value.isascii() and value.isdigit() and len(value) < 20
        if not digits or not low <= int(value) <= high:
            raise ValueError(f"is no whole number from {low} to {high}")
        return int(value)

    return cast


def _one_of(*allowed: str) -> Callable[[str], str]:
    def cast(value: str) -> str:
        match = next((choice for choice in allowed if choice.lower() == value.lower()), None)
        if match is None:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return match

    return cast


def _switch(value: str) -> bool:
    return _one_of("on", "off")({"true": "on", "false": "off"}.get(value.lower(), value)) == "on"


def _parts(value: str) -> tuple[str, ...]:
    """What stands between commas and spaces, each once."""
    return tuple(dict.fromkeys(filter(None, re.split(r"[,\s]+", value))))


def _people(value: str) -> tuple[int, ...]:
    numbers = _parts(value)
    wrong = [number for number in numbers if not re.fullmatch(r"[1-9][0-9]{0,18}", number)]
    if wrong:
        raise ValueError(f"names people by their numbers on Telegram, such as 123456789, and {wrong[0]!r} is none")
    return tuple(map(int, numbers))


def _places(value: str) -> tuple[str, ...]:
    places = _parts(value)
    for place in places:
        if "://" in place and not place.lower().startswith(("http://", "https://")):
            raise ValueError(
                f"names folders and addresses that begin with http:// or https://, and {place!r} is neither"
            )
    return places


def _line(value: str) -> str:
    if len(value) > 200 or not value.isprintable():
        raise ValueError("is not one line of at most 200 characters")
    return value


def _secret(value: str) -> str:
    if not 1 <= len(value) <= 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in value):
        raise ValueError("may only have 1 to 256 letters, digits, _ and -")
    return value


def keys_in(text: str) -> tuple[str, ...]:
    """The keys of a text, apart by lines, blanks or commas, as Fernet has them. Raises ValueError, naming none."""
    keys = _parts(text)
    if not keys or not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in keys):
        raise ValueError("is no key: the file that Annuncio makes at its first start holds one")
    return keys


def _key(value: str) -> str:
    return ",".join(keys_in(value))


FIELDS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "TELEGRAM_BOT_TOKEN": ("telegram_bot_token", _token),
    "TELEGRAM_API_BASE_URL": ("telegram_api_base_url", _url),
    "WEBHOOK_URL": ("webhook_url", _url),
    "WEBHOOK_SECRET": ("webhook_secret", _secret),
    "WEBHOOK_LISTEN": ("webhook_listen", str),
    "WEBHOOK_PORT": ("webhook_port", _whole(1, 65535)),
    "ANNUNCIO_DATA_DIR": ("data_dir", Path),
    "ANNUNCIO_ARTICLES": ("articles_dir", Path),
    "ANNUNCIO_LANGUAGE": ("language", _one_of(*LANGUAGES)),
    "DATABASE_URL": ("database_url", str),
    "ANNUNCIO_KEY": ("key", _key),
    "ANNUNCIO_KEY_FILE": ("key_file", Path),
    "ANNUNCIO_CONTACT": ("contact", _line),
    "EMBEDDING_MODEL": ("embedding_model", str),
    "EMBEDDING_QUERY_PROMPT": ("embedding_query_prompt", str),
    "EMBEDDING_PASSAGE_PROMPT": ("embedding_passage_prompt", str),
    "READER": ("reader", _switch),
    "ANSWER_THRESHOLD": ("answer_threshold", _number(0, 1)),
    "TOPIC_THRESHOLD": ("topic_threshold", _number(0, 1)),
    "ANSWER_THREADS": ("answer_threads", _whole(1, 32)),
    "ADMINS": ("admins", _people),
    "SOURCES": ("sources", _places),
    "REVIEW": ("review", _switch),
    "LOG_LEVEL": ("log_level", _one_of("DEBUG", "INFO", "WARNING", "ERROR")),
}
"""Every setting: its name outside, its name inside, and how its text is read."""

_SECRETS = frozenset({"TELEGRAM_BOT_TOKEN", "WEBHOOK_SECRET", "DATABASE_URL", "ANNUNCIO_KEY"})
_KEEPS_SPACES = frozenset({"EMBEDDING_QUERY_PROMPT", "EMBEDDING_PASSAGE_PROMPT"})


def parse_settings(values: Mapping[str, str | None], ours: Container[str] = ()) -> Settings:
    """Settings from names and texts; an empty text counts as not set. Raises SettingsError with every mistake.

    Names that are no setting are a mistake where they begin like one and are among `ours`, or begin with ANNUNCIO_:
    other programs may well have variables such as TELEGRAM_CHAT_ID.
    """
    mistakes: list[str] = []
    read: dict[str, object] = {}
    for name, (attribute, cast) in FIELDS.items():
        value = values.get(name) or ""
        if name not in _KEEPS_SPACES:
            value = value.strip()
        if not value:
            continue
        try:
            read[attribute] = cast(value)
        except ValueError as error:
            shown = "the value" if name in _SECRETS else repr(value)
            mistakes.append(f"{name}: {shown} {error}")
    prefixes = tuple(f"{name.partition('_')[0]}_" for name in FIELDS)
    mistakes.extend(
        f"{name}: there is no such setting; .env.example lists them all"
        for name in sorted(values)
        if name not in FIELDS and (name.startswith("ANNUNCIO_") or (name in ours and name.startswith(prefixes)))
    )
    if "webhook_url" in read and not str(read["webhook_url"]).startswith("https://"):
        mistakes.append(f"WEBHOOK_URL: {read['webhook_url']!r} must begin with https://, Telegram calls no other")
    if read.get("review") and not read.get("admins"):
        mistakes.append("REVIEW: it is on, and needs somebody in ADMINS who reviews")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(**read)  # type: ignore[arg-type]  # each cast gives its field's type; see FIELDS


def load_settings(env_file: Path = Path(".env"), environ: Mapping[str, str] | None = None) -> Settings:
    """The environment over `.env`. Raises SettingsError, also for a file that cannot be read."""
    try:
        from_file = dotenv_values(env_file) if env_file.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read as UTF-8 text: {error}") from error
    return parse_settings({**from_file, **(os.environ if environ is None else environ)}, ours=from_file)
