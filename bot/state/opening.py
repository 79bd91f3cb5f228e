"""All that is kept, opened together: one database, one key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, utc_now
from bot.settings import Settings
from bot.state.counts import Counts
from bot.state.database import Engines, SharedClock, by_the_database
from bot.state.drafts import Drafts
from bot.state.migrating import migrate
from bot.state.outbox import Outbox
from bot.state.questions import Questions
from bot.state.shown import Shown
from bot.state.subscriptions import Subscriptions
from bot.state.vault import Vault
from bot.state.watched import Watched


@dataclass(frozen=True, slots=True)
class State:
    """What is kept, each part by its own noun."""

    subscriptions: Subscriptions
    questions: Questions
    outbox: Outbox
    shown: Shown
    drafts: Drafts
    watched: Watched
    counts: Counts
    engines: Engines
    """For whoever only counts what is there."""

    async def sweep(self, now: datetime) -> None:
        """What is to be done from time to time: write what was counted, and let go of what was kept long enough."""
        await self.counts.flush()
        await self.subscriptions.sweep(now)


@asynccontextmanager
async def open_state(
    settings: Settings, vault: Vault, *, now: Clock = utc_now, shared: SharedClock = by_the_database
) -> AsyncIterator[State]:
    """Open the settings' database, made and migrated as needed; closed at the end of the block.

    `shared` is the clock on which all that have it open agree.

    Raises StateError when it cannot be written or read, was written by a newer version, or was sealed with a key that
    the vault does not have.
    """
    await migrate(settings.database, vault)
    engines = Engines(settings.database)
    counts = Counts(engines, vault, now)
    try:
        await engines.compact()
        yield State(
            Subscriptions(engines, vault, now),
            Questions(engines, vault, now),
            Outbox(engines, vault, now, shared),
            Shown(engines, vault, now),
            Drafts(engines, now),
            Watched(engines),
            counts,
            engines,
        )
    finally:
        with suppress(SQLAlchemyError):  # numbers of the last seconds are no reason to end in an error
            await counts.flush()
        await engines.close()
