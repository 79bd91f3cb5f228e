"""The database: how it is opened and brought to today's tables. Trouble is a StateError of one line.

SQLite by default, made for two processes at once: the bot and `annuncio ingest`.
"""

import errno
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StateError

BUSY_SECONDS = 10
"""How long a writer waits for another process to commit."""

MIGRATION_SECONDS = 60
"""How long a start waits for another process that migrates."""

_WRITES = "annuncio_writes"


def connect(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """Give two views of one pool: an engine whose transactions read, and one whose transactions write.

    On SQLite a writing transaction takes the write lock as it begins: one that read first and wrote later
    would be refused at once, not made to wait, when another process wrote in between.
    """
    engine = _engine(make_url(url), migrating=False)
    return engine, engine.execution_options(**{_WRITES: True})


async def migrate(url: str) -> None:
    """Bring the database at `url` (made if absent) to today's tables; safe from two processes at once.

    Raises StateError when it cannot be written or read, or was written by a newer version.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StateError(f"The database URL cannot be read: {error}") from error
    place = _place(parsed)
    try:
        async with _only_process(parsed):
            engine = _engine(parsed, migrating=True)
            try:
                async with engine.execution_options(**{_WRITES: True}).begin() as connection:
                    await connection.run_sync(_upgrade, place)
            finally:
                await engine.dispose()
    except TimeoutError as error:
        raise StateError(
            f"The database {place} has been locked by another process for {MIGRATION_SECONDS} s: end that one first."
        ) from error
    except OSError as error:
        raise StateError(
            f"The database {place} cannot be written ({error.strerror or error}): give its directory to the user "
            "that runs Annuncio, or choose another directory with ANNUNCIO_DATA_DIR."
        ) from error
    except ImportError as error:
        raise StateError(f"The database {place} needs a driver that is not installed: {error}.") from error
    except SQLAlchemyError as error:
        raise StateError(_trouble(place, error)) from error


def in_one_line(error: SQLAlchemyError) -> str:
    """What the database said, for a log or a person: no statement, no values."""
    said = str(error.orig) if isinstance(error, DBAPIError) else ""
    return said.partition("\n")[0] or type(error).__name__


def _engine(url: URL, *, migrating: bool) -> AsyncEngine:
    """An engine whose errors show no values; `migrating` leaves foreign keys off and sets the journal."""
    options = {"poolclass": NullPool} if migrating else {}
    engine = create_async_engine(url, hide_parameters=True, **options)
    if url.get_backend_name() != "sqlite":
        return engine

    # SQLAlchemy begins the transactions itself: Python's driver would begin none before reading or before DDL.
    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        if migrating:
            # A table that is built anew is dropped first, which with foreign keys on empties its children.
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA journal_mode = WAL")
        else:
            cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _file(url: URL) -> Path | None:
    """The SQLite file, or None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _place(url: URL) -> str:
    return str(_file(url) or url.render_as_string(hide_password=True))


@asynccontextmanager
async def _only_process(url: URL) -> AsyncIterator[None]:
    """Hold the lock beside the SQLite file: turning on its write-ahead log tolerates no second process.

    Other databases lock by themselves while their tables are altered.
    """
    file = _file(url)
    if file is None:
        yield
        return
    from filelock import AsyncFileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    # SQLite would open it all the same, and fail at the first subscriber.
    if file.exists() and not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", str(file))
    async with AsyncFileLock(file.with_name(f"{file.name}.lock"), timeout=MIGRATION_SECONDS):
        yield


def _upgrade(connection: Connection, place: str) -> None:
    """Run the migrations that are missing, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "sqlite":
        health = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if health != "ok":
            raise StateError(_damaged(place, str(health).rpartition("\n")[2]))
    config = Config()
    config.set_main_option("script_location", "bot:migrations")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    present = set(MigrationContext.configure(connection).get_current_heads())
    unknown = present - {script.revision for script in scripts.walk_revisions()}
    if unknown:
        raise StateError(
            f"The database {place} was written by a newer version of Annuncio (its tables are at "
            f"{', '.join(sorted(unknown))}, this version knows up to {scripts.get_current_head()}): install that "
            "version, or choose another directory with ANNUNCIO_DATA_DIR."
        )
    if present != set(scripts.get_heads()):
        command.upgrade(config, "head")


def _damaged(place: str, what: str) -> str:
    return (
        f"The database {place} is damaged, or is no database ({what}): put a backup in its place, or move it "
        "away and a new one is made."
    )


def _trouble(place: str, error: SQLAlchemyError) -> str:
    """The line for an error of the database at the start: what, where, what to do."""
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause).partition("\n")[0]
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the lower byte: the kind, without its variant
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return _damaged(place, said)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return (
            f"The database {place} cannot be written ({said}): give the file and its directory to the user that "
            "runs Annuncio, or choose another directory with ANNUNCIO_DATA_DIR."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"The database {place} is held by another process ({said}): end that one first."
    return f"The database {place} cannot be used ({said}): see that it is there and that Annuncio may use it."
