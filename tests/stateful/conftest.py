"""New databases for the property tests: each example begins with one of its own, on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.state.migrating import migrate
from tests.state.postgresql import new_database
from tests.stateful.databases import Databases
from tests.vaults import VAULT


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Where they come from; migrated once."""
    if request.param == "sqlite":
        yield _on_sqlite(tmp_path)
        return
    server: URL = request.getfixturevalue("server")
    with new_database(server) as empty:
        asyncio.run(migrate(empty.render_as_string(hide_password=False), VAULT))
        yield _on_postgresql(server, empty)


def _on_sqlite(folder: Path) -> Databases:
    empty = folder / "empty.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{empty}", VAULT))
    numbers = count(1)

    @contextmanager
    def new() -> Iterator[str]:
        here = folder / str(next(numbers))
        here.mkdir()
        shutil.copy(empty, here / "annuncio.db")
        yield f"sqlite+aiosqlite:///{here / 'annuncio.db'}"
        shutil.rmtree(here)

    return Databases(new, examples=40)


def _on_postgresql(server: URL, empty: URL) -> Databases:
    @contextmanager
    def new() -> Iterator[str]:
        with new_database(server, str(empty.database)) as address:
            yield address.render_as_string(hide_password=False)

    return Databases(new, examples=8)
