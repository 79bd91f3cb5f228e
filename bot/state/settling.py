"""How what was sent ended: written for many at once, as steps inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.chats import AWAY, LEFT_MEANWHILE, OWED, pause_chat, skip_pending
from bot.state.database import note_deletion
from bot.state.deliveries import Arrival, Outcome, Parcel
from bot.state.kinds import DeliveryKind, DeliveryState
from bot.state.moving import move
from bot.state.schema import REASON_LENGTH, awaited, deliveries
from bot.state.vault import Vault

CHUNK = 1000
"""Deliveries to a statement."""

_DUE = bindparam("due", type_=deliveries.c.due_at.type)
_SETTLED = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("row"),
        # Pending, too: our lease ended and it is owed again, but it has arrived all the same.
        or_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.state == DeliveryState.PENDING),
        deliveries.c.attempts == bindparam("tries"),  # taken once more since then, it is another's to settle
    )
    .values(
        state=bindparam("ended"),
        reason=bindparam("why"),
        due_at=func.coalesce(_DUE, deliveries.c.due_at),
        held_until=_DUE,
        unheard=bindparam("silent"),
        message_id=func.coalesce(bindparam("message", type_=deliveries.c.message_id.type), deliveries.c.message_id),
        updated_at=bindparam("moment"),
        owner=None,
        lease_until=None,
    )
)


async def settle(
    connection: AsyncConnection, vault: Vault, items: Sequence[tuple[Parcel, Outcome]], now: datetime
) -> None:
    """Write how these parcels ended, with what that says about their chats; repeating it changes nothing."""
    plain: list[dict[str, Any]] = []
    for parcel, outcome in items:
        values = _values(parcel, outcome, now)
        if outcome.pause is None and outcome.moved_to is None and outcome.state is not DeliveryState.PENDING:
            plain += values
        elif await _write(connection, values):
            await _draw_consequences(connection, vault, parcel, outcome, now)
    await _write(connection, plain)
    sent = [parcel for parcel, outcome in items if outcome.state is DeliveryState.SENT]
    answers = [delivery for parcel in sent for delivery in parcel.of(DeliveryKind.ANSWER).deliveries]
    await _let_go(connection, [int(delivery.about) for delivery in answers])


async def settle_arrived(connection: AsyncConnection, arrivals: Sequence[Arrival], now: datetime) -> None:
    """Write that these messages were sent, from what is left of a process that could not; repeating it changes nothing.

    One that was begun to be sent once more by now is left as it is.
    """
    values = [
        {
            "row": number,
            "tries": tries,
            "ended": DeliveryState.SENT,
            "why": None,
            "due": None,
            "silent": 0,
            "message": arrival.message_id,
            "moment": now,
        }
        for arrival in arrivals
        for number, tries in arrival.deliveries
    ]
    for first in range(0, len(values), CHUNK):
        some = values[first : first + CHUNK]
        await _write(connection, some)
        answers = select(deliveries.c.about).where(
            deliveries.c.id.in_([value["row"] for value in some]),
            deliveries.c.kind == DeliveryKind.ANSWER,
            deliveries.c.state == DeliveryState.SENT,
        )
        await _let_go(connection, [int(about) for about in await connection.scalars(answers)])


async def _draw_consequences(
    connection: AsyncConnection, vault: Vault, parcel: Parcel, outcome: Outcome, now: datetime
) -> None:
    """What the outcome says about the chat."""
    if outcome.pause is not None:
        await pause_chat(connection, parcel.chat_id, outcome.pause, now)
        await _keep_owed(connection, parcel, now)
    if outcome.moved_to is not None:
        await move(connection, vault, parcel.chat, outcome.moved_to, now)
    if outcome.state is DeliveryState.PENDING:
        mine = deliveries.c.id.in_([delivery.id for delivery in parcel.deliveries])
        await skip_pending(connection, mine & ~OWED, LEFT_MEANWHILE, now)


async def _keep_owed(connection: AsyncConnection, parcel: Parcel, now: datetime) -> None:
    """What a chat stays owed that proved to be away waits for its return, with all its tries and its time before it."""
    kept = [delivery.id for delivery in parcel.deliveries]
    if kept:
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(kept), deliveries.c.state == DeliveryState.FAILED, AWAY, OWED)
            .values(
                state=DeliveryState.PENDING,
                due_at=now,
                unheard=deliveries.c.attempts,
                begun_at=None,
                updated_at=now,
            )
        )


def _values(parcel: Parcel, outcome: Outcome, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "row": delivery.id,
            "tries": delivery.attempts + 1,
            "ended": outcome.state,
            "why": None if outcome.reason is None else outcome.reason[:REASON_LENGTH],
            "due": outcome.due_at,
            "silent": delivery.unheard + int(outcome.unheard),
            "message": outcome.message_id,
            "moment": now,
        }
        for delivery in parcel.deliveries
    ]


async def _write(connection: AsyncConnection, values: list[dict[str, Any]]) -> bool:
    """Settle these rows; False where none of them was ours to settle any more."""
    if not values:
        return False
    return (await connection.execute(_SETTLED, values)).rowcount > 0


async def _let_go(connection: AsyncConnection, answered: Sequence[int]) -> None:
    """A question that was answered is kept no longer."""
    if answered:
        await connection.execute(delete(awaited).where(awaited.c.id.in_(answered)))
        await note_deletion(connection)
