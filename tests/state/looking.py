"""What another program sees in the database."""

from typing import Any

from sqlalchemy import NullPool, create_engine, func, make_url, select, text

from bot.state.kinds import DeliveryState
from bot.state.opening import State
from bot.state.schema import deliveries
from tests.vaults import VAULT


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement of SQL by itself; the rows that it gives."""
    address = make_url(url)
    driver = "sqlite" if address.get_backend_name() == "sqlite" else address.drivername
    with create_engine(address.set(drivername=driver), poolclass=NullPool).begin() as connection:
        done = connection.execute(text(statement))
        return [tuple(row) for row in done] if done.returns_rows else []


def states(url: str) -> list[tuple[str, str, str | None]]:
    """Every delivery in the order of its making: address, state, reason."""
    found = rows(
        url,
        "SELECT chats.address, deliveries.state, reason FROM deliveries JOIN chats ON chats.id = chat_id "
        "ORDER BY deliveries.id",
    )
    return [(VAULT.decrypt(address), state, reason) for address, state, reason in found]


def number_of(url: str, table: str) -> int:
    """How many rows a table has."""
    [(number,)] = rows(url, f"SELECT count(*) FROM {table}")  # noqa: S608  (names of our own)
    return int(number)


async def owed_of(state: State, article: str) -> dict[DeliveryState, int]:
    """How many deliveries of the article stand in which state."""
    query = select(deliveries.c.state, func.count()).where(deliveries.c.article == article)
    async with state.engines.read() as connection:
        return {row[0]: row[1] for row in await connection.execute(query.group_by(deliveries.c.state))}
