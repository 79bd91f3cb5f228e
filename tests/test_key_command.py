"""`annuncio key`: tells where the key is and whether it is the right one, changes it, and never shows it."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main
from bot.health import beat
from bot.replies import Channel, ChatAddress
from bot.settings import FIELDS, load_settings
from bot.state.keys import add_key, open_vault
from bot.state.opening import open_state
from tests.vaults import KEY

ANNA = ChatAddress(Channel.TELEGRAM, "5000001")
OTHER_KEY = "b" * 43 + "="
WORDS = "prices of zyxomobiles"


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    code: object
    out: str
    err: str


Key = Callable[..., Said]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key file goes; nothing else is set, and the data directory is `data`."""
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANNUNCIO_KEY_FILE", str(tmp_path / "keys" / "key"))
    return tmp_path / "keys" / "key"


@pytest.fixture
def key(place: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Key]:
    """Run `annuncio key`; whatever it says, it says no key."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str) -> Said:
        capsys.readouterr()  # the note of the first start
        with pytest.raises(SystemExit) as ended:
            main(["key", *arguments])
        said = Said(ended.value.code, *capsys.readouterr())
        for line in place.read_text().split() if place.exists() else ():
            assert line not in said.out + said.err
        return said

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)


def live() -> None:
    """A first start, and somebody who subscribes."""

    async def subscribes() -> None:
        async with open_state(load_settings(), open_vault(load_settings())) as state:
            await state.subscriptions.subscribe(ANNA)
            await state.subscriptions.add_own_topic(ANNA, WORDS, "en")

    asyncio.run(subscribes())


def remembers() -> bool:
    """Whether a start finds the subscriber, with what they wish."""

    async def looks() -> bool:
        async with open_state(load_settings(), open_vault(load_settings())) as state:
            found = await state.subscriptions.preferences_of(ANNA)
            return found is not None and [topic.words for topic in found.own] == [WORDS]

    return asyncio.run(looks())


def sealed(folder: Path) -> set[str]:
    """What stands for the chats and for their words in the database."""
    with closing(sqlite3.connect(folder / "data" / "annuncio.db")) as database:
        rows = database.execute(
            "SELECT key, address, words FROM chats JOIN own_topics ON chat_id = chats.id"
        ).fetchall()
    return {text for row in rows for text in row}


def test_before_the_first_start(key: Key, place: Path) -> None:
    """There is no key, the command makes none, and says where it will be."""
    for arguments in ((), ("rotate",)):
        assert key(*arguments) == Said(0, f"There is no key yet: the first start makes it at {place}\n", "")
    assert not place.exists()


def test_where_it_is_and_that_it_fits(key: Key, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the first start: the file, its fingerprint, and that the database needs this key."""
    live()
    assert str(place) in capsys.readouterr().err  # the note to keep a copy
    fingerprint = open_vault(load_settings()).fingerprint
    assert key() == Said(0, f"key: {place}\nfingerprint: {fingerprint}\ndatabase: sealed with this key\n", "")


def test_rotating(key: Key, place: Path, tmp_path: Path) -> None:
    """A new key comes first, everything is sealed anew, nobody is lost, and the old key is needed no more."""
    live()
    old, before = place.read_text(), sealed(tmp_path)
    said = key("rotate")
    assert said.code == 0
    new, rest = place.read_text().split("\n", 1)
    assert rest == old
    assert new not in old
    vault = open_vault(load_settings())
    assert f"fingerprint: {vault.fingerprint}\ndatabase: sealed with this key\nolder keys: 1, " in said.out
    assert sealed(tmp_path).isdisjoint(before)
    place.write_text(f"{new}\n")
    assert remembers()
    assert place.stat().st_mode & 0o777 == 0o600


def test_nothing_of_the_old_seal_is_left_in_the_file(key: Key, place: Path, tmp_path: Path) -> None:
    """Who has the old key, and the database as it is now, reads nothing: no token of it is left on the disk."""
    live()
    before = sealed(tmp_path)
    key("rotate")
    content = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert [text for text in before if text.encode() in content] == []
    assert place.exists()


def test_an_end_in_the_middle(key: Key, place: Path) -> None:
    """Where a rotation ended between the new key and the sealing, the command says so, and the next start goes on."""
    live()
    add_key(place)
    assert "database: sealed with an older key that is there, too; the next start seals it anew\n" in key().out
    assert remembers()
    assert "database: sealed with this key\n" in key().out


def test_not_while_the_bot_runs(key: Key, place: Path) -> None:
    """A bot that runs could not read what is sealed anew: rotating refuses, in one line, and changes nothing."""
    live()
    before = place.read_text()
    beat(load_settings().heartbeat_file)
    said = key("rotate")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("annuncio: the bot is running")
    assert place.read_text() == before


def test_a_key_from_the_environment(key: Key, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told from where it comes; rotating it is for whoever sets it, and a new one before the old seals anew."""
    live()
    old = place.read_text().strip()
    monkeypatch.setenv("ANNUNCIO_KEY", old)
    assert key().out.startswith("key: in ANNUNCIO_KEY\nfingerprint: ")
    said = key("rotate")
    assert said.code == 1
    assert said.err.startswith("annuncio: the key is in ANNUNCIO_KEY, which no command can change")
    monkeypatch.setenv("ANNUNCIO_KEY", f"{KEY},{old}")
    assert remembers()
    monkeypatch.setenv("ANNUNCIO_KEY", KEY)
    assert remembers()


def test_another_key(key: Key, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not the database's is named as such, by exit code, too; rotating it would help nobody."""
    live()
    monkeypatch.setenv("ANNUNCIO_KEY_FILE", str(place.with_name("another")))
    place.with_name("another").write_text(f"{KEY}\n")
    said = key()
    assert said.code == 1
    assert "database: sealed with another key, " in said.out
    said = key("rotate")
    assert (said.code, said.out) == (1, "")
    assert place.with_name("another").read_text() == f"{KEY}\n"


def test_a_key_that_is_missed(key: Key, place: Path) -> None:
    """A database without its key: one line that says what is missed, and no new key in its place."""
    live()
    place.unlink()
    for arguments in ((), ("rotate",)):
        said = key(*arguments)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(f"annuncio: The key of the database is not at {place}")
        assert len(said.err.splitlines()) == 1
    assert not place.exists()


def test_a_database_that_is_not_reached(key: Key, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line that says so, without the password."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql+psycopg://bot:my%20password@/bot?host={tmp_path}")
    said = key()
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("annuncio: The database postgresql+psycopg://bot:***@")
    assert "password" not in said.err.replace("password authentication", "")


def test_the_password_of_a_database_never_stands_in_a_log(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as it is written in the address, nor as it is, nor the address as a whole."""
    monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite://bot:my%20password@/nowhere.db")
    monkeypatch.setenv("ANNUNCIO_KEY", f"{KEY},{OTHER_KEY}")
    key()
    handler = logging.getLogger().handlers[0]
    line = f"my%20password, my password, {KEY}, {OTHER_KEY}"
    record = logging.LogRecord("bot.test", logging.WARNING, __file__, 1, "%s", (line,), None)
    assert handler.format(record).endswith(": [secret], [secret], [secret], [secret]")
