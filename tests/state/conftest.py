"""Everything that is kept, on both databases: each test of the state runs on a SQLite file and on a PostgreSQL server.

Sockets stay switched off: the server is reached by a Unix socket, which psycopg opens by itself.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.state.opening import State, open_state
from tests.clocks import StoppedClock, by_the_test
from tests.state.postgresql import new_database
from tests.vaults import VAULT


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a test's database will be: nothing is there yet."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'annuncio.db'}"
        return
    with new_database(request.getfixturevalue("server")) as address:
        yield address.render_as_string(hide_password=False)


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
    async with open_state(settings, VAULT, now=clock, shared=by_the_test) as opened:
        yield opened


@pytest.fixture
async def others(
    state: State,  # noqa: ARG001  (opened first)
    settings: Settings,
    clock: StoppedClock,
) -> AsyncIterator[State]:
    """The same database as another process has it."""
    async with open_state(settings, VAULT, now=clock, shared=by_the_test) as opened:
        yield opened
