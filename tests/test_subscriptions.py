"""Who hears of what, kept in real SQLite files."""

import asyncio
import gc
import importlib
import os
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError, StatementError

from bot.database import connect, in_one_line, migrate
from bot.errors import StateError
from bot.replies import Channel, ChatAddress
from bot.schema import metadata
from bot.subscriptions import (
    ChatLanguage,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outcome,
    PauseReason,
    Subscription,
    Subscriptions,
    SubscriptionState,
    open_subscriptions,
)
from tests.clocks import StoppedClock

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
TERMINAL = ChatAddress(Channel.TERMINAL, "me")
SENT = Outcome(DeliveryState.SENT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "annuncio.db"


@pytest.fixture
def url(file: Path) -> str:
    """The database's URL."""
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def clock() -> StoppedClock:
    """The time of every object of the test."""
    return StoppedClock()


@pytest.fixture
async def subscriptions(url: str, clock: StoppedClock) -> AsyncIterator[Subscriptions]:
    """An open database."""
    async with await open_subscriptions(url, now=clock) as opened:
        yield opened


@pytest.fixture
async def others(
    subscriptions: Subscriptions,  # noqa: ARG001  (opened first)
    url: str,
    clock: StoppedClock,
) -> AsyncIterator[Subscriptions]:
    """The same database, opened a second time."""
    async with await open_subscriptions(url, now=clock) as opened:
        yield opened


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What another program sees in the file."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def damage(file: Path) -> None:
    """Overwrite all but the first and the last page."""
    content = bytearray(file.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)


def states(file: Path) -> list[tuple[str, str, str | None]]:
    """Every delivery: address, state, reason."""
    return rows(
        file,
        "SELECT address, state, reason FROM deliveries JOIN chats ON chats.id = chat_id ORDER BY deliveries.id",
    )


async def due(subscriptions: Subscriptions, clock: StoppedClock) -> list[Delivery]:
    """All that is due on Telegram."""
    return list(await subscriptions.due(Channel.TELEGRAM, clock(), 100))


# The database


async def test_migrations_build_the_tables_of_the_code(url: str, file: Path) -> None:
    """After all migrations nothing is left to change between the database and the metadata, names included."""
    await migrate(url)
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
            inspector = inspect(connection)
            assert set(inspector.get_table_names()) == {*metadata.tables, "alembic_version"}
            for name in metadata.tables:
                assert inspector.get_pk_constraint(name)["name"] == f"pk_{name}"
                for key in inspector.get_foreign_keys(name):
                    assert key["name"] == f"fk_{name}_chat_id"
                    assert key["options"] == {"ondelete": "CASCADE"}
    finally:
        engine.dispose()


async def test_sqlite_is_set_up_for_two_processes(url: str) -> None:
    """The journal is a write-ahead log, a busy database is waited for, and foreign keys hold."""
    await migrate(url)
    reading, _ = connect(url)
    try:
        async with reading.connect() as connection:
            found = [
                (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "busy_timeout", "foreign_keys")
            ]
    finally:
        await reading.dispose()
    assert found == ["wal", 10_000, 1]


async def test_two_processes_may_start_at_once(url: str, file: Path) -> None:
    """Each start migrates, one after the other, in a directory that is made where it lacks."""
    below = url.replace("annuncio.db", "a/b/annuncio.db")
    await asyncio.gather(*(migrate(below) for _ in range(4)))
    assert rows(file.parent / "a/b/annuncio.db", "SELECT version_num FROM alembic_version") == [("0001",)]


def test_importing_the_environment_of_alembic_does_nothing() -> None:
    """Only Alembic runs it; a plain import has no effect and needs no database."""
    assert callable(importlib.import_module("bot.migrations.env").run)


async def test_closing_leaves_nothing_open(url: str) -> None:
    """After `close` no connection and no thread is left, in success and in failure."""
    async with await open_subscriptions(url) as opened:
        await asyncio.gather(*(opened.language_of(ANNA) for _ in range(4)))
    gc.collect()  # an open connection would warn here, and a warning fails


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Dear diary, " * 400, "is damaged, or is no database (file is not a database): put a backup"),
        (b"SQLite format 3\x00" + b"\x10\x00\x02\x02" + b"\xff" * 5000, "is damaged, or is no database"),
    ],
    ids=["not a database", "corrupt"],
)
def test_a_file_that_is_no_database_is_refused(url: str, file: Path, content: bytes, says: str) -> None:
    """A file that cannot be read is left as it is, and one line says what, where and what to do."""
    file.write_bytes(content)
    with pytest.raises(StateError) as caught:
        asyncio.run(migrate(url))
    assert f"The database {file} {says}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == content


async def test_a_damaged_page_is_found_at_the_start(url: str, file: Path) -> None:
    """A database that was damaged in its middle is refused at the start, not at some later question."""
    async with await open_subscriptions(url) as opened:
        for number in range(150):
            await opened.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    damage(file)
    with pytest.raises(StateError, match="is damaged, or is no database") as caught:
        await open_subscriptions(url)
    assert "\n" not in str(caught.value)


async def test_a_newer_database_is_refused(url: str, file: Path) -> None:
    """A database that a newer version wrote is not touched; the line names both versions of its tables."""
    await migrate(url)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StateError, match=r"newer version of Annuncio .* at 0099, this version knows up to 0001"):
        await open_subscriptions(url)


async def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    """Where the directory cannot be made, the line says so and names the setting."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StateError, match=r"data/annuncio.db cannot be written .* ANNUNCIO_DATA_DIR"):
        await open_subscriptions(f"sqlite+aiosqlite:///{tmp_path}/data/annuncio.db")


def test_a_file_that_is_read_only_is_named(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that can be read but not written is refused at the start, not at the first subscriber."""
    asyncio.run(migrate(url))
    # The superuser may write everywhere: what the system says of the file is all that can be changed for everyone.
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == file and mode & os.W_OK))
    with pytest.raises(StateError, match=r"annuncio.db cannot be written \(the file is read-only\)"):
        asyncio.run(migrate(url))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("annuncio.db", "The database URL cannot be read"),
        ("sqlite:////srv/annuncio.db", "requires an async driver"),
        ("nosuch+driver://ann:secret@host/db", "The database nosuch+driver://ann:***@host/db cannot be used"),
    ],
)
async def test_a_bad_url_is_said(bad: str, says: str) -> None:
    """A URL that cannot be used is said in one line, without its password."""
    with pytest.raises(StateError, match=re.escape(says)):
        await migrate(bad)


async def test_a_time_without_a_zone_is_a_mistake(subscriptions: Subscriptions) -> None:
    """Whoever asks with a time whose zone is not known is told so, not answered by guess."""
    naive = datetime(2025, 9, 24)  # noqa: DTZ001  (the mistake under test)
    with pytest.raises(StatementError, match="has no time zone"):
        await subscriptions.due(Channel.TELEGRAM, naive, 10)


# Languages


async def test_a_chat_that_was_never_met_has_no_language(subscriptions: Subscriptions, file: Path) -> None:
    """Asking for a language keeps nothing of the asker."""
    assert await subscriptions.language_of(ANNA) == ChatLanguage(None, None)
    assert rows(file, "SELECT count(*) FROM chats") == [(0,)]


async def test_the_chosen_language_and_the_last_one_are_apart(subscriptions: Subscriptions) -> None:
    """A choice stands whatever was spoken last, and None follows the questions again."""
    await subscriptions.choose_language(ANNA, "de")
    await subscriptions.note_language(ANNA, "it")
    assert await subscriptions.language_of(ANNA) == ChatLanguage("de", "it")
    await subscriptions.choose_language(ANNA, None)
    assert await subscriptions.language_of(ANNA) == ChatLanguage(None, "it")


async def test_the_same_language_again_writes_nothing(
    subscriptions: Subscriptions, clock: StoppedClock, file: Path
) -> None:
    """Noting the language that is known already leaves the row as it is."""
    await subscriptions.note_language(ANNA, "it")
    before = rows(file, "SELECT * FROM chats")
    clock.forward(60)
    await subscriptions.note_language(ANNA, "it")
    assert rows(file, "SELECT * FROM chats") == before


async def test_an_announcement_speaks_the_chosen_language(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """A delivery carries the chosen language, else the last one."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.subscribe(BRUNO, "it")
    await subscriptions.choose_language(BRUNO, "zh")
    await subscriptions.announce("news")
    assert [(one.chat, one.language) for one in await due(subscriptions, clock)] == [
        (ANNA, "it"),
        (BRUNO, "zh"),
    ]


# Subscriptions


async def test_subscribing_is_for_everything(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """The first time subscribes to everything, the second changes nothing."""
    assert await subscriptions.subscription_of(ANNA) is None
    assert await subscriptions.subscribe(ANNA, "it") is True
    assert await subscriptions.subscribe(ANNA, "it") is False
    assert await subscriptions.subscription_of(ANNA) == Subscription(
        ANNA, SubscriptionState.ACTIVE, clock(), ("everything",)
    )


async def test_the_threads_of_a_chat_are_chats_of_their_own(subscriptions: Subscriptions) -> None:
    """A forum topic subscribes without the group, and the same address on another channel is another chat."""
    topic = ChatAddress(Channel.TELEGRAM, "1", thread=7)
    assert await subscriptions.subscribe(topic) is True
    assert await subscriptions.subscription_of(ANNA) is None
    assert await subscriptions.subscription_of(ChatAddress(Channel.TERMINAL, "1", 7)) is None
    assert await subscriptions.unsubscribe(ANNA) is False


async def test_who_leaves_stays_out_until_subscribing_again(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """A person who left is not brought back by unblocking the bot, but by subscribing."""
    await subscriptions.subscribe(ANNA, "it")
    clock.forward(60)
    assert await subscriptions.unsubscribe(ANNA) is True
    assert await subscriptions.unsubscribe(ANNA) is False
    assert await subscriptions.pause(ANNA, PauseReason.BLOCKED) is False
    assert await subscriptions.resume(ANNA) is False
    assert await subscriptions.subscription_of(ANNA) == Subscription(
        ANNA, SubscriptionState.PAUSED, clock(), ("everything",), PauseReason.PERSON
    )
    assert await subscriptions.subscribe(ANNA, "it") is True


async def test_who_blocked_the_bot_is_resumed_by_returning(subscriptions: Subscriptions) -> None:
    """Blocked is a pause: no announcement meanwhile, and coming back is enough to hear of the next."""
    await subscriptions.subscribe(ANNA, "it")
    assert await subscriptions.pause(ANNA, PauseReason.BLOCKED) is True
    assert await subscriptions.announce("missed") == 0
    assert await subscriptions.resume(ANNA) is True
    assert await subscriptions.resume(ANNA) is False
    assert await subscriptions.announce("heard") == 1


async def test_leaving_while_away_is_final(subscriptions: Subscriptions) -> None:
    """Someone whose subscription was paused because the chat was gone can still leave for good."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.pause(ANNA, PauseReason.GONE)
    assert await subscriptions.unsubscribe(ANNA) is True
    assert await subscriptions.resume(ANNA) is False


async def test_leaving_skips_what_was_owed(subscriptions: Subscriptions, file: Path, clock: StoppedClock) -> None:
    """Whoever leaves during a broadcast gets nothing more of it, and nothing of it after subscribing again."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.subscribe(BRUNO, "it")
    await subscriptions.announce("news")
    await subscriptions.unsubscribe(ANNA)
    assert states(file) == [("1", "skipped", "paused: person"), ("2", "pending", None)]
    await subscriptions.subscribe(ANNA, "it")
    assert [one.chat for one in await due(subscriptions, clock)] == [BRUNO]


async def test_forgetting_deletes_every_row(subscriptions: Subscriptions, file: Path) -> None:
    """All that was kept of a chat goes, of nobody else."""
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat, "it")
    await subscriptions.announce("news")
    assert await subscriptions.forget(ANNA) is True
    assert await subscriptions.forget(ANNA) is False
    for table in ("chats", "subscriptions", "subscription_topics", "deliveries"):
        assert rows(file, f"SELECT count(*) FROM {table}") == [(1,)]  # noqa: S608  (names of our own)
    assert states(file) == [("2", "pending", None)]


# Moving


async def test_a_moved_group_keeps_all_it_had(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """Language, subscription and what is owed go to the new address."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.choose_language(ANNA, "de")
    await subscriptions.announce("news")
    await subscriptions.move_chat(ANNA, "-1001")
    moved = ChatAddress(Channel.TELEGRAM, "-1001")
    assert await subscriptions.subscription_of(ANNA) is None
    assert await subscriptions.language_of(moved) == ChatLanguage("de", "it")
    assert [(one.chat, one.article) for one in await due(subscriptions, clock)] == [(moved, "news")]
    await subscriptions.move_chat(moved, "-1001")
    assert await subscriptions.subscription_of(moved) is not None


async def test_moving_into_a_chat_merges(subscriptions: Subscriptions, file: Path) -> None:
    """The chat that is there keeps its choices, gets those it lacks, and is owed each article once."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.choose_language(ANNA, "de")
    await subscriptions.announce("first")
    await subscriptions.subscribe(BRUNO, "en")
    await subscriptions.announce("second")
    await subscriptions.move_chat(ANNA, "2")
    assert await subscriptions.language_of(BRUNO) == ChatLanguage("de", "en")
    assert rows(file, "SELECT address FROM chats") == [("2",)]
    assert rows(file, "SELECT article, state FROM deliveries ORDER BY article") == [
        ("first", "pending"),
        ("second", "pending"),
    ]


async def test_what_either_chat_got_is_not_sent_again(
    subscriptions: Subscriptions, clock: StoppedClock, file: Path
) -> None:
    """Of two deliveries of one article the one that arrived stands."""
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat, "it")
    await subscriptions.announce("news")
    [to_anna, _] = await due(subscriptions, clock)
    await subscriptions.claim(to_anna)
    await subscriptions.settle(to_anna, SENT)
    await subscriptions.move_chat(ANNA, "2")
    assert states(file) == [("2", "sent", None)]


async def test_moving_into_a_chat_that_left_stays_left(subscriptions: Subscriptions, file: Path) -> None:
    """Where the person at the new address left, what the old one is owed is skipped."""
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat, "it")
    await subscriptions.unsubscribe(BRUNO)
    await subscriptions.announce("news")
    await subscriptions.move_chat(ANNA, "2")
    assert states(file) == [("2", "skipped", "the chat is not subscribed")]


async def test_moving_into_a_chat_that_was_gone_resumes_it(subscriptions: Subscriptions) -> None:
    """An active subscription that moves into one that was paused as gone makes it active."""
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat, "it")
    await subscriptions.pause(BRUNO, PauseReason.GONE)
    await subscriptions.move_chat(ANNA, "2")
    merged = await subscriptions.subscription_of(BRUNO)
    assert merged is not None
    assert (merged.state, merged.pause_reason) == (SubscriptionState.ACTIVE, None)


async def test_every_thread_moves(subscriptions: Subscriptions) -> None:
    """The threads of a chat move with it."""
    topic = ChatAddress(Channel.TELEGRAM, "1", thread=7)
    await subscriptions.subscribe(ANNA)
    await subscriptions.subscribe(topic)
    await subscriptions.move_chat(ANNA, "-1001")
    assert await subscriptions.subscription_of(topic) is None
    assert await subscriptions.subscription_of(ChatAddress(Channel.TELEGRAM, "-1001", 7)) is not None


# The outbox


async def test_an_article_is_announced_once(subscriptions: Subscriptions, others: Subscriptions, file: Path) -> None:
    """Announcing again, from any process, owes nothing to anyone, late subscribers included."""
    await subscriptions.subscribe(ANNA, "it")
    assert await subscriptions.announce("news", ("offers",)) == 1
    await subscriptions.subscribe(BRUNO, "it")
    assert await others.announce("news", ("offers",)) == 0
    assert states(file) == [("1", "pending", None)]


async def test_only_the_topics_one_follows(subscriptions: Subscriptions, file: Path) -> None:
    """An article goes to those who follow one of its topics or everything, once each."""
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat, "it")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE subscription_topics SET topic = 'offers' WHERE chat_id = 2")
        connection.execute("INSERT INTO subscription_topics VALUES (1, 'offers')")
    assert await subscriptions.announce("news", ("news",)) == 1
    assert await subscriptions.announce("offer", ("news", "offers")) == 2


async def test_two_processes_announcing_at_once_owe_it_once(
    subscriptions: Subscriptions, others: Subscriptions, file: Path
) -> None:
    """Of many that announce the same article at once, one does."""
    for number in range(5):
        await subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    counts = await asyncio.gather(*(one.announce("news") for one in (subscriptions, others) * 4))
    assert sorted(counts) == [0] * 7 + [5]
    assert len(states(file)) == 5


async def test_two_processes_writing_at_once_wait_for_each_other(
    subscriptions: Subscriptions, others: Subscriptions
) -> None:
    """Transactions that read before they write are made to wait, not refused: of two the first is news."""
    for number in range(20):
        chat = ChatAddress(Channel.TELEGRAM, str(number))
        news = await asyncio.gather(subscriptions.subscribe(chat, "it"), others.subscribe(chat, "en"))
        assert sorted(news) == [False, True]


async def test_two_processes_claiming_at_once_claim_once(
    subscriptions: Subscriptions, others: Subscriptions, clock: StoppedClock
) -> None:
    """Each delivery is claimed by exactly one of those who ask for it at once."""
    for number in range(5):
        await subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    await subscriptions.announce("news")
    for delivery in await due(subscriptions, clock):
        claims = await asyncio.gather(*(one.claim(delivery) for one in (subscriptions, others) * 3))
        assert sorted(claims) == [False] * 5 + [True]


async def test_a_due_delivery_says_all_that_sending_needs(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """Chat with its thread, article, kind, language and tries; only of the channel, at most the limit."""
    topic = ChatAddress(Channel.TELEGRAM, "-1001", thread=7)
    for chat in (topic, ANNA, TERMINAL):
        await subscriptions.subscribe(chat, "it")
    await subscriptions.announce("news")
    [first] = await subscriptions.due(Channel.TELEGRAM, clock(), 1)
    assert first == Delivery(first.id, topic, "news", DeliveryKind.ANNOUNCEMENT, "it", 0)
    assert [one.chat for one in await subscriptions.due(Channel.TERMINAL, clock(), 9)] == [TERMINAL]


async def test_leaving_between_reading_and_claiming(subscriptions: Subscriptions, clock: StoppedClock) -> None:
    """A delivery that was read while its chat was subscribed cannot be claimed after the chat left."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    await subscriptions.unsubscribe(ANNA)
    assert await subscriptions.claim(delivery) is False


async def test_leaving_and_returning_between_reading_and_claiming(
    subscriptions: Subscriptions, clock: StoppedClock
) -> None:
    """What was skipped as its chat left is not claimed by one who read it before, though the chat is back."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    await subscriptions.unsubscribe(ANNA)
    await subscriptions.subscribe(ANNA, "it")
    assert await subscriptions.claim(delivery) is False


async def test_claiming_looks_at_the_subscription_itself(
    subscriptions: Subscriptions, clock: StoppedClock, file: Path
) -> None:
    """Even a delivery that is still pending is neither due nor claimed while its chat is not subscribed."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE subscriptions SET state = 'paused', pause_reason = 'person'")
    assert await subscriptions.claim(delivery) is False
    assert await due(subscriptions, clock) == []


async def test_a_postponed_delivery_waits(subscriptions: Subscriptions, clock: StoppedClock, file: Path) -> None:
    """What should be tried later is due then and not before, and who read it earlier cannot claim it."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    assert await subscriptions.claim(delivery)
    later = (clock() + timedelta(seconds=35)).astimezone(timezone(timedelta(hours=5)))  # any zone will do
    await subscriptions.settle(delivery, Outcome(DeliveryState.PENDING, reason="too fast", due_at=later))
    assert await subscriptions.claim(delivery) is False
    clock.forward(34.9)
    assert await due(subscriptions, clock) == []
    clock.forward(0.1)
    [again] = await due(subscriptions, clock)
    assert (again.id, again.attempts) == (delivery.id, 1)
    assert states(file) == [("1", "pending", "too fast")]


async def test_settling_twice_changes_nothing(subscriptions: Subscriptions, clock: StoppedClock, file: Path) -> None:
    """The first outcome stands, and a reason is kept to 255 characters."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    await subscriptions.claim(delivery)
    await subscriptions.settle(delivery, Outcome(DeliveryState.FAILED, reason="x" * 300))
    await subscriptions.settle(delivery, SENT)
    assert states(file) == [("1", "failed", "x" * 255)]


async def test_leaving_while_the_message_is_out(subscriptions: Subscriptions, clock: StoppedClock, file: Path) -> None:
    """A message that was on its way as its chat left is not tried a second time."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    await subscriptions.claim(delivery)
    await subscriptions.unsubscribe(ANNA)
    await subscriptions.settle(delivery, Outcome(DeliveryState.PENDING, due_at=clock()))
    assert states(file) == [("1", "skipped", "left while it was being sent")]


async def test_a_crash_while_sending_loses_nothing(url: str, clock: StoppedClock, file: Path) -> None:
    """What a process was sending when it ended is owed again; what its person left meanwhile is not."""
    async with await open_subscriptions(url, now=clock) as first:
        for chat in (ANNA, BRUNO, TERMINAL):
            await first.subscribe(chat, "it")
        await first.announce("news")
        for delivery in (*await due(first, clock), *await first.due(Channel.TERMINAL, clock(), 9)):
            assert await first.claim(delivery)
        await first.unsubscribe(BRUNO)
    async with await open_subscriptions(url, now=clock) as second:
        assert await due(second, clock) == []
        assert await second.recover(Channel.TELEGRAM) == 2
        assert [(one.chat, one.attempts) for one in await due(second, clock)] == [(ANNA, 1)]
        assert await second.recover(Channel.TELEGRAM) == 0
    assert states(file) == [
        ("1", "pending", None),
        ("2", "skipped", "left while it was being sent"),
        ("me", "sending", None),  # the other channel's process may well be alive
    ]


async def test_forgetting_while_the_message_is_out(
    subscriptions: Subscriptions, clock: StoppedClock, file: Path
) -> None:
    """Settling what was forgotten meanwhile brings nothing back."""
    await subscriptions.subscribe(ANNA, "it")
    await subscriptions.announce("news")
    [delivery] = await due(subscriptions, clock)
    await subscriptions.claim(delivery)
    await subscriptions.forget(ANNA)
    gone = Outcome(DeliveryState.FAILED, pause=PauseReason.GONE, moved_to="2")
    await subscriptions.settle(delivery, gone)
    assert rows(file, "SELECT count(*) FROM chats") == [(0,)]
    assert states(file) == []


async def test_a_failing_transaction_leaves_nothing(subscriptions: Subscriptions, file: Path) -> None:
    """An announcement whose deliveries cannot be written is not announced, and its error names no value."""
    await subscriptions.subscribe(ANNA, "it")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    with pytest.raises(SQLAlchemyError) as caught:
        await subscriptions.announce("news")
    assert in_one_line(caught.value) == "disk full"
    assert "news" not in str(caught.value)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TRIGGER full")
    assert await subscriptions.announce("news") == 1
