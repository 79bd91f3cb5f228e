"""Questions that could not be answered yet, kept for who wants to hear when they can; a method is one transaction."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, insert, literal, select

from bot.clock import Clock, utc_now
from bot.errors import StateError
from bot.replies import ChatAddress
from bot.state.chats import at, ensure_chat
from bot.state.database import Engines
from bot.state.kinds import DeliveryKind, DeliveryState
from bot.state.schema import awaited, chats, deliveries
from bot.state.vault import Vault

AWAITED_DAYS = 180
"""How long a question is kept for its answer."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A question that could not be answered yet; whoever asked it wants to hear when it can."""

    id: int
    chat_id: int
    question: str = field(repr=False)
    language: str
    asked_at: datetime


class Questions:
    """The questions that wait for their answers."""

    def __init__(self, engines: Engines, vault: Vault, now: Clock = utc_now) -> None:
        self._engines = engines
        self._vault = vault
        self._now = now

    async def await_answer(self, chat: ChatAddress, question: str, language: str) -> int:
        """Keep the question until it can be answered, for 180 days at most; the number by which to let it go."""
        now = self._now()
        async with self._engines.write() as connection:
            chat_id = await ensure_chat(connection, self._vault, chat, now)
            made = await connection.execute(
                insert(awaited)
                .values(
                    chat_id=chat_id,
                    question=self._vault.encrypt(question),
                    language=language,
                    asked_at=now,
                    expires_at=now + timedelta(days=AWAITED_DAYS),
                )
                .returning(awaited.c.id)
            )
            number: int = made.scalar_one()
            return number

    async def awaited(self) -> tuple[Awaited, ...]:
        """The questions that nobody has been owed an answer to yet."""
        owed = exists().where(
            deliveries.c.chat_id == awaited.c.chat_id,
            deliveries.c.kind == DeliveryKind.ANSWER,
            deliveries.c.about == awaited.c.id.cast(deliveries.c.about.type),
            deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT)),
        )
        async with self._engines.read() as connection:
            rows = await connection.execute(
                select(awaited).where(awaited.c.expires_at > literal(self._now(), awaited.c.expires_at.type), ~owed)
            )
            found = rows.all()
        return await asyncio.to_thread(lambda: tuple(self._opened(found)))

    async def awaiting(self, chat: ChatAddress) -> tuple[Awaited, ...]:
        """The questions of this chat that wait for their answers, in the order of their asking."""
        mine = awaited.c.chat_id.in_(select(chats.c.id).where(at(chat, self._vault)))
        query = select(awaited).where(mine, awaited.c.expires_at > self._now()).order_by(awaited.c.id)
        async with self._engines.read() as connection:
            found = (await connection.execute(query)).all()
        return tuple(self._opened(found))

    def _opened(self, rows: Iterable[Row[Any]]) -> Iterator[Awaited]:
        for row in rows:
            with suppress(StateError):  # what no key opens holds up nobody else
                question = self._vault.decrypt(row.question)
                yield Awaited(row.id, row.chat_id, question, row.language, row.asked_at)
