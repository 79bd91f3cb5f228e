"""An announcer with all that it touches: a real database, a sender in memory and a clock that stands."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.news.announcer import Announcer
from bot.news.arrivals import FOLDER
from bot.news.message import Message
from bot.news.pushes import parts
from bot.replies import Channel, ChatAddress, Reply
from bot.state.database import Engines
from bot.state.deliveries import Arrival, Parcel
from bot.state.outbox import Outbox
from bot.state.subscriptions import Subscriptions
from tests.clocks import StoppedClock
from tests.senders import MemorySender
from tests.vaults import VAULT

ANNA, BRUNO, CARLA = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2", "3"))


async def compose(parcel: Parcel) -> Message | None:
    """A message that names and shows what it was made from; one article is not at hand, and one cannot be made."""
    articles = [delivery.article for delivery in parcel.deliveries]
    if "broken" in articles:
        raise ValueError("secret")
    if "withdrawn" in articles:
        return None
    text = f"{' and '.join(articles)} in {parcel.language}"
    return Message(Reply(text), ((articles[0], str(parcel.language), text),))


class Stand:
    """An announcer with all that it touches: database, sender and clock."""

    def __init__(self, engines: Engines, clock: StoppedClock, file: Path) -> None:
        self.subscriptions = Subscriptions(engines, VAULT, clock)
        self.outbox = Outbox(engines, VAULT, clock)
        self.clock = clock
        self.file = file
        self.folder = file.parent / FOLDER
        self.sender = MemorySender()
        self.arrived: list[Arrival] = []
        self._heard = asyncio.Condition()
        self.ticks: Callable[[], float] = lambda: clock().timestamp()
        self.announcer = self.another()

    def another(self, at_once: int = 64) -> Announcer:
        """A second announcer over the same."""
        return Announcer(
            self.outbox,
            self.sender,
            compose,
            Channel.TELEGRAM,
            self.folder,
            parts=parts,
            sent=self._sent,
            now=self.clock,
            clock=lambda: self.ticks(),
            chance=lambda: 0.0,
            at_once=at_once,
        )

    async def _sent(self, arrived: Sequence[Arrival]) -> None:
        async with self._heard:
            self.arrived += arrived
            self._heard.notify_all()

    async def until_arrived(self, number: int) -> None:
        """Wait until so many messages were sent, and that is written."""
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: len(self.arrived) >= number)

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Each message that arrived: address and text."""
        return [(chat.address, reply.html) for chat, reply in self.sender.taken]

    def states(self) -> list[tuple[str, str, str | None]]:
        """Every delivery: address, state, reason."""
        query = "SELECT address, state, reason FROM deliveries JOIN chats ON chats.id = chat_id ORDER BY deliveries.id"
        with closing(sqlite3.connect(self.file)) as connection:
            return [(VAULT.decrypt(sealed), state, reason) for sealed, state, reason in connection.execute(query)]

    def next_due(self) -> datetime:
        """When the first pending delivery is due."""
        with closing(sqlite3.connect(self.file)) as connection:
            [(due_at,)] = connection.execute("SELECT min(due_at) FROM deliveries WHERE state = 'pending'")
        return datetime.fromisoformat(due_at).replace(tzinfo=UTC)

    def run_sql(self, statement: str) -> None:
        """Change the file behind the announcer's back."""
        with closing(sqlite3.connect(self.file, timeout=60)) as connection, connection:
            connection.execute(statement)
