"""The SQLite file: how it is set up, and what is said of one that cannot be used."""

import asyncio
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StateError
from bot.settings import Settings
from bot.state.database import Engines
from bot.state.keys import open_vault
from bot.state.migrating import fingerprint_in, migrate
from tests.vaults import VAULT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "annuncio.db"


@pytest.fixture
def url(file: Path) -> str:
    """The database's URL."""
    return f"sqlite+aiosqlite:///{file}"


async def test_sqlite_is_set_up_for_two_processes(url: str) -> None:
    """The journal is a write-ahead log, a busy database is waited for, foreign keys hold, and what goes is erased."""
    await migrate(url, VAULT)
    engines = Engines(url)
    async with engines.read() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "secure_delete")
        ]
    await engines.close()
    assert found == ["wal", 10_000, 1, 1]


async def test_a_directory_that_lacks_is_made(file: Path) -> None:
    """The database is made in a directory that is not there yet."""
    below = file.parent / "a" / "b" / "annuncio.db"
    await migrate(f"sqlite+aiosqlite:///{below}", VAULT)
    assert below.is_file()


async def test_writers_queue(url: str) -> None:
    """Within a process writers come one after another, in their order."""
    await migrate(url, VAULT)
    engines = Engines(url)
    seen: list[int] = []

    async def write(number: int) -> None:
        async with engines.write() as connection:
            seen.append(number)
            await connection.exec_driver_sql("SELECT 1")
            seen.append(number)

    await asyncio.gather(*(write(number) for number in range(8)))
    await engines.close()
    assert seen == [number for number in range(8) for _ in range(2)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Dear diary, " * 400, "is damaged, or is no database (file is not a database): put a backup"),
        (b"SQLite format 3\x00" + b"\x10\x00\x02\x02" + b"\xff" * 5000, "is damaged, or is no database"),
    ],
    ids=["not a database", "corrupt"],
)
def test_a_file_that_is_no_database_is_refused(file: Path, url: str, content: bytes, says: str) -> None:
    """A file that cannot be read is left as it is, and one line says what, where and what to do; no key is made."""
    file.write_bytes(content)
    settings = Settings(data_dir=file.parent, key_file=file.parent.with_name("config") / "key")
    for start in (lambda: asyncio.run(migrate(url, VAULT)), lambda: open_vault(settings)):
        with pytest.raises(StateError) as caught:
            start()
        assert f"The database {file} {says}" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert file.read_bytes() == content
    assert not settings.key_path.exists()


def test_a_damaged_page_is_found_at_the_start(url: str, file: Path) -> None:
    """A database that was damaged in its middle is refused at the start, not at some later question."""
    asyncio.run(migrate(url, VAULT))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany("INSERT INTO counts VALUES (?, 'asked', 1)", [(str(day),) for day in range(2000)])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(StateError, match="is damaged, or is no database") as caught:
        asyncio.run(migrate(url, VAULT))
    assert "\n" not in str(caught.value)


async def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    """Where the directory cannot be made, the line says so and names the setting."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StateError, match=r"data/annuncio.db cannot be written .* ANNUNCIO_DATA_DIR"):
        await migrate(f"sqlite+aiosqlite:///{tmp_path}/data/annuncio.db", VAULT)


def test_a_file_that_is_read_only_is_named(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that can be read but not written is refused at the start, not at the first subscriber."""
    asyncio.run(migrate(url, VAULT))
    # The superuser may write everywhere: what the system says of the file is all that can be changed for everyone.
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == file and mode & os.W_OK))
    with pytest.raises(StateError, match=r"annuncio.db cannot be written \(the file is read-only\)"):
        asyncio.run(migrate(url, VAULT))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("annuncio.db", "The database URL cannot be read"),
        ("sqlite:////srv/annuncio.db", "requires an async driver"),
        ("nosuch+driver://ann:secret@host/db", "The database nosuch+driver://ann:***@host/db cannot be used"),
        (
            "postgresql+psycopg://ann:secret@/db?host=/nowhere",
            "The database postgresql+psycopg://ann:***@/db?host=%2Fnowhere cannot be used",
        ),
    ],
)
async def test_a_bad_url_is_said(bad: str, says: str) -> None:
    """A URL that cannot be used is said in one line, without its password."""
    with pytest.raises(StateError, match=re.escape(says)) as caught:
        await migrate(bad, VAULT)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", ["annuncio.db", "nosuch+driver://ann:secret@host/db"])
def test_a_bad_url_is_said_before_a_key_is_made(bad: str) -> None:
    """Looking for the key of a database that cannot be named is the same one line."""
    with pytest.raises(StateError) as caught:
        fingerprint_in(bad)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
