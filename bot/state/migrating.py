"""The start of the database: brought to today's tables and to today's key. Trouble is a StateError of one line."""

import errno
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import StateError
from bot.state.database import WRITES, file_of, make_engine, place_of
from bot.state.sealing import adopt, fingerprint_of
from bot.state.vault import Vault

MIGRATION_SECONDS = 60
"""How long a start waits for another process that migrates."""

ADVISORY_LOCK = 4_605_510_361
"""PostgreSQL's lock for migrations: any number that nobody else uses."""


async def migrate(url: str, vault: Vault) -> None:
    """Bring the database at `url` (made if absent) to today's tables, sealed with the first key of the vault.

    Safe from two processes at once. Raises StateError when it cannot be written or read, was written by a newer
    version, or was sealed with a key that the vault does not have.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StateError(f"The database URL cannot be read: {error}") from error
    place = place_of(parsed)
    try:
        async with _only_process(parsed):
            engine = make_engine(parsed, migrating=True)
            try:
                async with engine.execution_options(**WRITES).begin() as connection:
                    await connection.run_sync(_upgrade, place, vault)
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


def fingerprint_in(url: str) -> str | None:
    """The fingerprint of the key that sealed the database at `url`; None where there is none, or nothing sealed.

    Raises StateError where that cannot be told.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StateError(f"The database URL cannot be read: {error}") from error
    place, file = place_of(parsed), file_of(parsed)
    if file is not None and not file.exists():
        return None
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else parsed.drivername
    try:
        engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool, hide_parameters=True)
        with engine.connect() as connection:
            return fingerprint_of(connection)
    except ImportError as error:
        raise StateError(f"The database {place} needs a driver that is not installed: {error}.") from error
    except SQLAlchemyError as error:
        raise StateError(_trouble(place, error)) from error


@asynccontextmanager
async def _only_process(url: URL) -> AsyncIterator[None]:
    """Hold the lock beside the SQLite file: turning on its write-ahead log tolerates no second process.

    Other databases lock by themselves while their tables are altered.
    """
    file = file_of(url)
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


def _upgrade(connection: Connection, place: str, vault: Vault) -> None:
    """Run the migrations that are missing and see to the key, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "sqlite":
        health = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if health != "ok":
            raise StateError(_damaged(place, str(health).rpartition("\n")[2]))
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    config = Config()
    config.set_main_option("script_location", "bot.state:migrations")
    config.attributes["connection"] = connection
    config.attributes["vault"] = vault
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
    adopt(connection, vault, place)


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
