"""The database: how its connections are made, and how what was deleted leaves its file.

SQLite by default, made for two processes at once (the bot and `annuncio ingest`), or PostgreSQL.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Insert, NullPool, Table, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

logger = logging.getLogger(__name__)

BUSY_SECONDS = 10
"""How long a writer waits for another process to commit."""

BEGIN = "annuncio_begin"
"""The execution option that names SQLite's statement to begin with; empty for none."""
WRITES = {BEGIN: "BEGIN IMMEDIATE"}


class Engines:
    """One pool of connections: transactions that read, and transactions that write.

    On SQLite a writing transaction takes the write lock as it begins: one that read first and wrote later would be
    refused at once, not made to wait, when another process wrote in between. Within this process writers queue: the
    database itself would let them try again and again, in no order.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(make_url(url))
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, undone where it raises."""
        async with AsyncExitStack() as stack:
            if self._sqlite:
                await stack.enter_async_context(self._turn)
            yield await stack.enter_async_context(self._engine.execution_options(**WRITES).begin())

    async def compact(self) -> bool:
        """Leave nothing in the file of what was deleted; False where other processes did not let us, for now.

        SQLite overwrites what it deletes, but its log may still hold it, and so may the space beside the rows: where
        rows go from one page to another, copies of them stay behind, after one deletion in some two hundred. So the
        file is written anew, and other writers wait: a second or more with 50,000 chats and 200,000 deliveries
        (80 MB), where cutting the log alone takes 20 ms. Does nothing where nothing was deleted since the last time.
        PostgreSQL frees the space, to be overwritten.
        """
        try:
            if self._sqlite:
                async with self._turn, self._engine.execution_options(**{BEGIN: ""}).connect() as connection:
                    return await _compact(connection)
            autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            async with autocommit.connect() as connection:
                await connection.exec_driver_sql("VACUUM")
        except SQLAlchemyError as error:
            logger.warning("What was deleted is still to be cleared from the database: %s", in_one_line(error))
            return False
        return True

    async def close(self) -> None:
        """Close every connection; nothing may be asked afterwards."""
        await self._engine.dispose()


async def _compact(connection: AsyncConnection) -> bool:
    """Rewrite the SQLite file and cut its log, on a connection that is in no transaction."""
    noted = await _deletions(connection)
    if not noted:
        return True
    await connection.exec_driver_sql("VACUUM")
    # Between these nothing is lost by an end of the process: it would be done once more.
    busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
    if busy:
        return False
    await connection.exec_driver_sql("BEGIN IMMEDIATE")
    if await _deletions(connection) == noted:  # or what another process deleted meanwhile would stay
        await connection.exec_driver_sql("PRAGMA user_version = 0")
    await connection.exec_driver_sql("COMMIT")
    return True


async def note_deletion(connection: AsyncConnection) -> None:
    """Remember, in the transaction that deletes, that `Engines.compact` has work to do, whatever happens to us."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(f"PRAGMA user_version = {await _deletions(connection) + 1}")


async def _deletions(connection: AsyncConnection) -> int:
    """How many deletions were noted whose bytes may be left in the SQLite file."""
    noted: int = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
    return noted


SharedClock = Callable[[AsyncConnection, datetime], Awaitable[datetime]]
"""The moment on which all processes that share a database agree, from a connection and this machine's moment."""


async def by_the_database(connection: AsyncConnection, now: datetime) -> datetime:
    """By the clock of the server, for the machines' own may differ; SQLite has none but that of its one machine."""
    if connection.dialect.name == "sqlite":
        return now
    moment: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return moment


async def lock(connection: AsyncConnection, table: Table) -> None:
    """Let nobody else write into the table until this transaction ends; on SQLite nobody else writes anyway."""
    if connection.dialect.name != "sqlite":
        await connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")


def insert_new(connection: AsyncConnection, table: Table) -> Insert:
    """An INSERT that passes over rows whose key is there already."""
    return _insert(connection, table).on_conflict_do_nothing()


def insert_or_change(connection: AsyncConnection, table: Table, changed: Callable[[Any], Mapping[str, Any]]) -> Insert:
    """An INSERT that changes the row whose primary key is there already.

    `changed` gives its new values, from the columns of the row that would have been inserted.
    """
    new = _insert(connection, table)
    return new.on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed(new.excluded))


def _insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def in_one_line(error: SQLAlchemyError) -> str:
    """What the database said, for a log or a person: no statement, no values."""
    said = str(error.orig) if isinstance(error, DBAPIError) else ""
    return said.partition("\n")[0] or type(error).__name__


def make_engine(url: URL, *, migrating: bool = False) -> AsyncEngine:
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
        cursor.execute("PRAGMA secure_delete = ON")
        if migrating:
            # A table that is built anew is dropped first, which with foreign keys on empties its children.
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA journal_mode = WAL")
        else:
            cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        statement = connection.get_execution_options().get(BEGIN, "BEGIN")
        if statement:
            connection.exec_driver_sql(statement)

    return engine


def file_of(url: URL) -> Path | None:
    """The SQLite file, or None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def place_of(url: URL) -> str:
    """The database as a person is told of it: without its password."""
    return str(file_of(url) or url.render_as_string(hide_password=True))
