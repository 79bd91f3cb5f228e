"""Everything that is kept, on both databases: each test of the state runs on a SQLite file and on a PostgreSQL server.

Sockets stay switched off: the server is reached by a Unix socket, which psycopg opens by itself.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from bot.settings import Settings
from bot.state.opening import State, open_state
from tests.clocks import StoppedClock
from tests.state.postgresql import running_server
from tests.vaults import VAULT

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """One server for all tests, ended with them."""
    with running_server() as address:
        yield address


@contextmanager
def _new_database(server: URL) -> Iterator[str]:
    """An empty database of the server, for one test."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a test's database will be: nothing is there yet."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'annuncio.db'}"
        return
    with _new_database(request.getfixturevalue("server")) as address:
        yield address


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """Settings that name that database."""
    return Settings(data_dir=tmp_path, database_url=url)


@pytest.fixture
def clock() -> StoppedClock:
    """The time of every object of the test."""
    return StoppedClock()


@pytest.fixture
async def state(settings: Settings, clock: StoppedClock) -> AsyncIterator[State]:
    """An open database."""
    async with open_state(settings, VAULT, now=clock) as opened:
        yield opened


@pytest.fixture
async def others(
    state: State,  # noqa: ARG001  (opened first)
    settings: Settings,
    clock: StoppedClock,
) -> AsyncIterator[State]:
    """The same database as another process has it."""
    async with open_state(settings, VAULT, now=clock) as opened:
        yield opened
