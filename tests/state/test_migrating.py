"""A database at its start: today's tables, today's key, and what was there before."""

import asyncio
import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url

from bot.errors import StateError
from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.database import Engines
from bot.state.drafts import KeptDraft
from bot.state.migrating import fingerprint_in, migrate
from bot.state.opening import open_state
from bot.state.schema import metadata
from bot.state.vault import Vault
from tests.clocks import StoppedClock
from tests.state.looking import number_of, rows
from tests.state.test_retention import OF_PEOPLE, bytes_of, fill
from tests.vaults import KEY, VAULT

ANNA = ChatAddress(Channel.TELEGRAM, "987654321012")
NEWER = Fernet.generate_key().decode()
BEFORE = """
INSERT INTO chats (id, channel, address, thread, language, created_at, updated_at) VALUES
  (1, 'telegram', '987654321012', 0, 'it', '2025-01-01 00:00:00', '2025-01-01 00:00:00'),
  (2, 'telegram', '-1005', 7, NULL, '2025-01-01 00:00:00', '2025-01-01 00:00:00');
INSERT INTO subscriptions (chat_id, state, since) VALUES
  (1, 'active', '2025-01-01 00:00:00'), (2, 'active', '2025-01-01 00:00:00');
INSERT INTO subscription_topics (chat_id, topic) VALUES (1, 'everything'), (2, 'everything');
INSERT INTO announcements (slug, announced_at) VALUES ('old', '2025-01-01 00:00:00');
INSERT INTO deliveries (id, chat_id, article, kind, state, attempts, due_at, updated_at) VALUES
  (1, 1, 'old', 'announcement', 'sending', 1, '2025-01-01 00:00:00', '2025-01-01 00:00:00'),
  (2, 2, 'old', 'announcement', 'sent', 1, '2025-01-01 00:00:00', '2025-01-01 00:00:00')
"""
MADE_BY = VAULT.encrypt("424242")
DRAFTED = f"""
INSERT INTO drafts (slug, payload, made_at, made_by, publish_at, state) VALUES
  ('found', '# Found', '2025-09-20 00:00:00', NULL, NULL, 'waiting'),
  ('brought', '# Brought', '2025-09-21 00:00:00', '{MADE_BY}', '2025-09-21 00:10:00', 'published')
"""  # noqa: S608  (a token of our own)

_MADE = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{}'"


def as_it_was(url: str, revision: str = "0001", there: str = BEFORE) -> None:
    """A database as a former version left it, the first one with people in it."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "bot.state:migrations")
        config.attributes["connection"] = connection
        config.attributes["vault"] = VAULT
        command.upgrade(config, revision)

    address = make_url(url)
    driver = "sqlite" if address.get_backend_name() == "sqlite" else address.drivername
    with create_engine(address.set(drivername=driver), poolclass=NullPool).begin() as connection:
        upgrade(connection)
    for statement in there.split(";\n"):
        rows(url, statement)


def inspected(url: str, table: str) -> set[str]:
    """The columns that a table has."""
    address = make_url(url)
    driver = "sqlite" if address.get_backend_name() == "sqlite" else address.drivername
    with create_engine(address.set(drivername=driver), poolclass=NullPool).connect() as connection:
        return {column["name"] for column in inspect(connection).get_columns(table)}


async def test_migrations_build_the_tables_of_the_code(url: str) -> None:
    """After all migrations nothing is left to change between the database and the metadata, names included."""
    await migrate(url, VAULT)
    address = make_url(url)
    driver = "sqlite" if address.get_backend_name() == "sqlite" else address.drivername
    engine = create_engine(address.set(drivername=driver), poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        inspector = inspect(connection)
        assert set(inspector.get_table_names()) == {*metadata.tables, "alembic_version"}
        for name, table in metadata.tables.items():
            numbered = table.dialect_options["sqlite"]["autoincrement"]
            if driver == "sqlite" and numbered:  # SQLite takes no name for such a key
                assert [("AUTOINCREMENT" in made) for (made,) in rows(url, _MADE.format(name))] == [True]
            else:
                assert inspector.get_pk_constraint(name)["name"] == f"pk_{name}"
            for key in inspector.get_foreign_keys(name):
                assert key["name"] == f"fk_{name}_chat_id"
                assert key["options"] == {"ondelete": "CASCADE"}


async def test_two_processes_may_start_at_once(url: str) -> None:
    """Each start migrates, one after the other."""
    await asyncio.gather(*(migrate(url, VAULT) for _ in range(4)))
    assert rows(url, "SELECT version_num FROM alembic_version") == [("0005",)]
    assert rows(url, "SELECT fingerprint FROM vault") == [(VAULT.fingerprint,)]


async def test_people_who_are_there_are_sealed(url: str, settings: Settings, clock: StoppedClock) -> None:
    """Addresses of the first version become tokens found by a hash; subscriptions and what is owed go on."""
    as_it_was(url)
    assert fingerprint_in(url) is None
    async with open_state(settings, VAULT, now=clock) as state:
        assert fingerprint_in(url) == VAULT.fingerprint
        assert [VAULT.decrypt(token) for (token,) in rows(url, "SELECT address FROM chats ORDER BY id")] == [
            "987654321012",
            "-1005",
        ]
        assert (await state.subscriptions.language_of(ANNA)).chosen == "it"
        wishes = await state.subscriptions.preferences_of(ChatAddress(Channel.TELEGRAM, "-1005", 7))
        assert wishes is not None
        assert wishes.topics == ("everything",)
        [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
        assert (parcel.chat, [(one.article, one.attempts) for one in parcel.deliveries]) == (ANNA, [("old", 1)])
        assert await state.outbox.announce("old") == 0
        assert await state.outbox.announce("new") == 2


async def test_drafts_stay_and_nobody_is_named(url: str, settings: Settings, clock: StoppedClock) -> None:
    """Drafts of the version that noted who brought them keep all else, and their numbers are not given again."""
    as_it_was(url, "0002", DRAFTED)
    async with open_state(settings, VAULT, now=clock) as state:
        made = [datetime(2025, 9, day, tzinfo=UTC) for day in (20, 21)]
        assert await state.drafts.in_state("waiting", "published") == (
            KeptDraft(1, "found", "# Found", made[0], None, "waiting"),
            KeptDraft(2, "brought", "# Brought", made[1], made[1] + timedelta(minutes=10), "published"),
        )
        assert "made_by" not in inspected(url, "drafts")
        assert (await state.drafts.add("new", "# New", "waiting")).id == 3


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nothing_is_left_of_who_brought_a_draft(url: str, settings: Settings, tmp_path: Path) -> None:
    """After the start no byte of the files holds what stood for an admin."""
    as_it_was(url, "0002", DRAFTED)
    assert MADE_BY.encode() in bytes_of(tmp_path / "annuncio.db")
    async with open_state(settings, VAULT):
        assert MADE_BY.encode() not in bytes_of(tmp_path / "annuncio.db")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nothing_readable_is_left_of_the_first_version(url: str, settings: Settings, tmp_path: Path) -> None:
    """After the start no byte of the files holds an address as it was."""
    as_it_was(url)
    assert b"987654321012" in bytes_of(tmp_path / "annuncio.db")
    async with open_state(settings, VAULT):
        assert b"987654321012" not in bytes_of(tmp_path / "annuncio.db")
    assert b"987654321012" not in bytes_of(tmp_path / "annuncio.db")


async def test_another_key_is_refused(url: str, settings: Settings) -> None:
    """A database that was sealed with another key is not touched: one line says so."""
    await migrate(url, VAULT)
    with pytest.raises(StateError, match="was sealed with another key") as caught:
        async with open_state(settings, Vault([NEWER])):
            pass
    assert "\n" not in str(caught.value)
    assert rows(url, "SELECT fingerprint FROM vault") == [(VAULT.fingerprint,)]


async def test_a_new_key_seals_everything_anew(url: str, settings: Settings, clock: StoppedClock) -> None:
    """The start after a rotation finds everyone again, and the old key opens nothing any more."""
    async with open_state(settings, VAULT, now=clock) as state:
        await fill(state, ANNA)
        before = await state.subscriptions.everything_of(ANNA)
    assert all(number_of(url, table) for table in OF_PEOPLE if table != "deliveries")
    async with open_state(settings, Vault([NEWER, KEY]), now=clock) as state:
        assert await state.subscriptions.everything_of(ANNA) == before | {"refused": []}
    async with open_state(settings, Vault([NEWER]), now=clock) as state:
        assert await state.subscriptions.everything_of(ANNA) == before | {"refused": []}
        assert await state.subscriptions.subscribe(ANNA) is False
    with pytest.raises(StateError, match="sealed with another key"):
        await migrate(url, VAULT)
    assert json.dumps(before)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nothing_under_the_old_key_is_left(url: str, settings: Settings, tmp_path: Path) -> None:
    """After a rotation the files hold no token and no hash of the old key."""
    async with open_state(settings, VAULT) as state:
        await fill(state, ANNA)
        [(address, key)] = rows(url, "SELECT address, key FROM chats")
    async with open_state(settings, Vault([NEWER, KEY])):
        left = bytes_of(tmp_path / "annuncio.db")
        assert [secret for secret in (address, key) if secret.encode() in left] == []


async def test_a_process_with_the_old_key_makes_nobody_anew(url: str, settings: Settings) -> None:
    """Where the key changed under a running process, that one makes no second row of anybody."""
    async with open_state(settings, VAULT) as stale:
        await stale.subscriptions.subscribe(ANNA)
        await migrate(url, Vault([NEWER, KEY]))
        with pytest.raises(StateError, match="start it again"):
            await stale.subscriptions.subscribe(ANNA)
    assert number_of(url, "chats") == 1


async def test_a_newer_database_is_refused(url: str) -> None:
    """A database that a newer version wrote is not touched; the line names both versions of its tables."""
    await migrate(url, VAULT)
    rows(url, "UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StateError, match=r"newer version of Annuncio .* at 0099, this version knows up to 0005"):
        await migrate(url, VAULT)


async def test_closing_leaves_nothing_open(url: str) -> None:
    """After `close` no connection and no thread is left, or a warning would fail the test."""
    await migrate(url, VAULT)
    engines = Engines(url)
    async with engines.read() as connection, engines.read() as another:
        for one in (connection, another):
            await one.exec_driver_sql("SELECT 1")
    await engines.close()


def test_importing_the_environment_of_alembic_does_nothing() -> None:
    """Only Alembic runs it; a plain import has no effect and needs no database."""
    assert callable(importlib.import_module("bot.state.migrations.env").run)
