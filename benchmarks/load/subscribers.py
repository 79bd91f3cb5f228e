"""The subscribers of a load test in the bot's own database, and what it says of them."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from benchmarks.load.crowd import subscriber_of, subscribers
from bot.clock import utc_now
from bot.replies import Channel
from bot.settings import Settings
from bot.state.database import Engines
from bot.state.kinds import EVERYTHING, Rhythm, SubscriptionState
from bot.state.migrating import migrate
from bot.state.opening import open_state
from bot.state.schema import chats, subscription_topics, subscriptions
from bot.state.vault import Vault

CHUNK = 5000


async def subscribe_all(settings: Settings, vault: Vault, count: int) -> None:
    """Make the database with so many subscribers to everything, at once: what `subscribe` does one by one."""
    await migrate(settings.database, vault)
    engines = Engines(settings.database)
    now = utc_now()
    try:
        chat_ids = subscribers(count)
        for first in range(0, count, CHUNK):
            rows = [(1 + first + place, str(chat_id)) for place, chat_id in enumerate(chat_ids[first : first + CHUNK])]
            async with engines.write() as connection:
                await connection.execute(
                    insert(chats),
                    [
                        {
                            "id": row,
                            "channel": Channel.TELEGRAM,
                            "key": vault.lookup(address),
                            "address": vault.encrypt(address),
                            "thread": 0,
                            "last_language": "en",
                            "created_at": now,
                            "updated_at": now,
                        }
                        for row, address in rows
                    ],
                )
                await connection.execute(
                    insert(subscriptions),
                    [
                        {
                            "chat_id": row,
                            "state": SubscriptionState.ACTIVE,
                            "since": now,
                            "rhythm": Rhythm.AT_ONCE,
                        }
                        for row, _ in rows
                    ],
                )
                await connection.execute(
                    insert(subscription_topics), [{"chat_id": row, "topic": EVERYTHING} for row, _ in rows]
                )
    finally:
        await engines.close()


async def announce(settings: Settings, vault: Vault, slug: str) -> int:
    """Owe the article to all of them, beside the running bot, as `annuncio ingest` does; how many."""
    async with open_state(settings, vault) as state:
        return await state.outbox.announce(slug)


def sending(database: Path) -> Mapping[str, int]:
    """How many deliveries each process, by the name that it gives itself, is sending or was when it ended."""
    query = "SELECT owner, count(*) FROM deliveries WHERE state = 'sending' GROUP BY owner"
    with _opened(database) as connection:
        return dict(connection.execute(query).fetchall())


def due(database: Path, within: timedelta, tries: int | None = None) -> int:
    """How many deliveries are being sent, or due within this time and tried less than so many times in vain."""
    query = (
        "SELECT count(*) FROM deliveries WHERE state = 'sending'"
        " OR (state = 'pending' AND due_at <= ? AND (? IS NULL OR attempts < ?))"
    )
    moment = utc_now() + within
    with _opened(database) as connection:
        (count,) = connection.execute(query, (f"{moment:%Y-%m-%d %H:%M:%S.%f}", tries, tries)).fetchone()
    return int(count)


def owed(database: Path, vault: Vault) -> frozenset[int | None]:
    """The subscribers to whom something is owed still."""
    query = (
        "SELECT DISTINCT chats.address FROM chats JOIN deliveries ON deliveries.chat_id = chats.id"
        " WHERE deliveries.state IN ('pending', 'sending')"
    )
    with _opened(database) as connection:
        return frozenset(subscriber_of(int(vault.decrypt(address))) for (address,) in connection.execute(query))


def ends(database: Path, vault: Vault, lost: Collection[int]) -> Mapping[str, int]:
    """How the deliveries to these subscribers ended, and how many did so."""
    if not lost:
        return {}
    query = "SELECT chats.address, state, reason FROM chats JOIN deliveries ON deliveries.chat_id = chats.id"
    with _opened(database) as connection:
        found = Counter(
            f"{state}: {reason}"
            for address, state, reason in connection.execute(query)
            if subscriber_of(int(vault.decrypt(address))) in lost
        )
    return dict(found)


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        yield connection
    finally:
        connection.close()
