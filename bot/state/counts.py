"""What an operator may know of the use: numbers a day, and how many were refused an answer near which sentence."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, utc_now
from bot.replies import ChatAddress
from bot.state.database import Engines, insert_new, insert_or_change
from bot.state.schema import counts, refusals
from bot.state.vault import Vault

FLUSH_SECONDS = 10
"""How long numbers wait for each other; the last before a silence wait for the next sweep, or for the end. A process
that is killed loses those that wait."""

ASKED = ""
"""In place of a sentence: whether there was an answer or not."""

Askers = Mapping[str, Mapping[str, frozenset[str]]]
"""By month, as in 2025-09, and sentence: who asked near it in vain, as hashes that differ from month to month."""


def asker_in(vault: Vault, month: str, chat: ChatAddress) -> str:
    """Who asked, for this month alone: the same person has another hash in the next."""
    return vault.lookup(f"{month} {chat.channel} {chat.address}")


class Counts:
    """Counts in memory, and writes now and then: nobody's answer waits for it."""

    def __init__(self, engines: Engines, vault: Vault, now: Clock = utc_now) -> None:
        self._engines = engines
        self._vault = vault
        self._now = now
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._refused: set[tuple[str, str, str]] = set()
        self._written = now()

    async def add(self, name: str, n: int = 1) -> None:
        """Count `n` more of `name` today, in UTC."""
        self._waiting[self._now().date().isoformat(), name] += n
        await self._flush_when_due()

    async def refused(self, chat: ChatAddress, sentence: str) -> None:
        """Note that this chat got no answer, and the nearest sentence; the same again in a month counts once."""
        month = f"{self._now():%Y-%m}"
        self._refused.add((month, sentence, asker_in(self._vault, month, chat)))
        await self._flush_when_due()

    async def asked(self, chat: ChatAddress) -> None:
        """Note that this chat asked something; the same again in a month counts once."""
        await self.refused(chat, ASKED)

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """What waits to be written of this chat, ready for JSON."""
        return [
            {"month": month, "nearest": near}
            for month, near, asker in sorted(self._refused)
            if asker == asker_in(self._vault, month, chat)
        ]

    def forget(self, chat: ChatAddress) -> None:
        """Drop what waits to be written of this chat."""
        self._refused = {
            (month, near, asker) for month, near, asker in self._refused if asker != asker_in(self._vault, month, chat)
        }

    async def askers(self, since: date, until: date) -> Askers:
        """Who got no answer in each month from that of `since` to that of `until`, and who asked at all."""
        await self.flush()
        query = select(refusals).where(refusals.c.month.between(f"{since:%Y-%m}", f"{until:%Y-%m}"))
        found: dict[str, dict[str, set[str]]] = {}
        async with self._engines.read() as connection:
            for row in await connection.execute(query):
                found.setdefault(row.month, {}).setdefault(row.sentence, set()).add(row.asker)
        return {
            month: {sentence: frozenset(askers) for sentence, askers in of_month.items()}
            for month, of_month in found.items()
        }

    async def since(self, day: date) -> dict[date, Mapping[str, int]]:
        """The numbers of each day from `day` on, as far as there are any."""
        await self.flush()
        async with self._engines.read() as connection:
            rows = await connection.execute(
                select(counts).where(counts.c.day >= day.isoformat()).order_by(counts.c.day, counts.c.name)
            )
            found: dict[date, dict[str, int]] = {}
            for row in rows:
                found.setdefault(date.fromisoformat(row.day), {})[row.name] = row.value
        return dict(found)

    async def flush(self) -> None:
        """Write what was counted so far."""
        if not self._waiting and not self._refused:
            return
        waiting, self._waiting = self._waiting, Counter()
        refused, self._refused = self._refused, set()
        self._written = self._now()
        try:
            async with self._engines.write() as connection:
                if waiting:
                    await _add(connection, waiting)
                if refused:
                    rows = [
                        {"month": month, "sentence": near, "asker": asker} for month, near, asker in sorted(refused)
                    ]
                    await connection.execute(insert_new(connection, refusals), rows)
        except BaseException:
            self._waiting += waiting
            self._refused |= refused
            raise

    async def _flush_when_due(self) -> None:
        if not timedelta() <= self._now() - self._written < timedelta(seconds=FLUSH_SECONDS):
            await self.flush()


async def _add(connection: AsyncConnection, waiting: Mapping[tuple[str, str], int]) -> None:
    rows = [{"day": day, "name": name, "value": number} for (day, name), number in sorted(waiting.items())]
    added = insert_or_change(connection, counts, lambda new: {"value": counts.c.value + new.value})
    await connection.execute(added, rows)
