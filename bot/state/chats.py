"""The row of a chat, as steps inside the caller's transaction: find, make and pause."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StateError
from bot.replies import ChatAddress
from bot.state.database import insert_new, note_deletion
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, SubscriptionState
from bot.state.schema import announcements, chats, deliveries, subscriptions
from bot.state.schema import vault as vaults
from bot.state.vault import Vault

RETURNS = (PauseReason.BLOCKED, PauseReason.GONE)
"""The pauses that end when the chat is there again."""
THINKING = timedelta(minutes=10)
"""How long somebody who left, or rests, may think better of it and miss nothing."""
LEFT_MEANWHILE = "left while it was being sent"
"""Why a new try is skipped that the chat did not wait for."""


def _whose_subscription(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """True of a delivery whose chat has such a subscription, also in a statement that names subscriptions itself."""
    return exists().where(subscriptions.c.chat_id == deliveries.c.chat_id, *where).correlate(deliveries)


SUBSCRIBED = _whose_subscription(subscriptions.c.state == SubscriptionState.ACTIVE)
"""True of a delivery whose chat has an active subscription."""

AWAY = _whose_subscription(subscriptions.c.pause_reason.in_((*RETURNS, PauseReason.RESTING)))
"""True of a delivery whose chat is expected back: blocked, gone or resting."""

WANTED = or_(SUBSCRIBED, and_(deliveries.c.kind == DeliveryKind.ANSWER, ~AWAY))
"""True of a delivery that may go out now: an answer was asked for, with or without a subscription, but waits for the
return of who is away."""

OWED = or_(
    SUBSCRIBED,
    deliveries.c.kind == DeliveryKind.ANSWER,
    and_(deliveries.c.kind == DeliveryKind.CORRECTION, _whose_subscription()),
)
"""True of a delivery that stays owed, now or later: answers, for they were asked for apart, and corrections over every
pause, for what is put right was read before it. Who left for good is sent none, and they go with the subscription."""


def at(chat: ChatAddress, vault: Vault) -> ColumnElement[bool]:
    """True of the row of this chat."""
    return and_(anywhere_in(chat, vault), chats.c.thread == chat.thread)


def anywhere_in(chat: ChatAddress, vault: Vault) -> ColumnElement[bool]:
    """True of the rows of this chat and of all its threads."""
    return and_(chats.c.channel == chat.channel, chats.c.key == vault.lookup(chat.address))


async def find_chat(connection: AsyncConnection, vault: Vault, chat: ChatAddress) -> int | None:
    """The id of the chat's row, or None."""
    found: int | None = await connection.scalar(select(chats.c.id).where(at(chat, vault)))
    return found


async def ensure_chat(connection: AsyncConnection, vault: Vault, chat: ChatAddress, now: datetime) -> int:
    """The id of the chat's row, which is made if there is none.

    Raises StateError where the key was changed since this process began: the row would be lost to everybody.
    """
    chat_id = await find_chat(connection, vault, chat)
    if chat_id is None:
        if await connection.scalar(select(vaults.c.fingerprint)) != vault.fingerprint:
            raise StateError("The key of the database was changed while this process ran: start it again.")
        new = insert_new(connection, chats).values(
            channel=chat.channel,
            key=vault.lookup(chat.address),
            address=vault.encrypt(chat.address),
            thread=chat.thread,
            created_at=now,
            updated_at=now,
        )
        await connection.execute(new)
        chat_id = (await connection.execute(select(chats.c.id).where(at(chat, vault)))).scalar_one()
    return chat_id


async def pause_chat(
    connection: AsyncConnection,
    chat_id: int,
    reason: PauseReason,
    now: datetime,
    *,
    until: datetime | None = None,
    absent_too: bool = False,
) -> bool:
    """Stop the chat's active subscription and skip what is no longer `OWED`; False where none was active.

    With `absent_too` a subscription that was paused for another reason than the person's leaving is stopped for this
    one. What a chat that is not there asked for without subscribing is not kept for its return.
    """
    stoppable = subscriptions.c.state == SubscriptionState.ACTIVE
    if absent_too:
        stoppable = or_(stoppable, subscriptions.c.pause_reason.in_((*RETURNS, PauseReason.RESTING)))
    paused = await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.chat_id == chat_id, stoppable)
        .values(state=SubscriptionState.PAUSED, pause_reason=reason, since=now, until=until)
    )
    if paused.rowcount == 0:
        if reason in RETURNS:
            subscribed = select(subscriptions.c.chat_id).where(subscriptions.c.chat_id == chat_id)
            if await connection.scalar(subscribed) is None:
                await connection.execute(delete(chats).where(chats.c.id == chat_id))
                await note_deletion(connection)
        return False
    await skip_pending(connection, and_(deliveries.c.chat_id == chat_id, ~OWED), _paused(reason), now)
    return True


async def revive(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """Owe again the news that the chat gave up as it left or began to rest, where that was minutes ago.

    Each at its time of before, and nothing that was withdrawn meanwhile. To be asked while the pause still lasts.
    """
    left_just_now = _whose_subscription(
        subscriptions.c.pause_reason.in_((PauseReason.PERSON, PauseReason.RESTING)),
        subscriptions.c.since >= now - THINKING,
        subscriptions.c.since <= deliveries.c.updated_at,
    )
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.chat_id == chat_id,
            deliveries.c.kind == DeliveryKind.ANNOUNCEMENT,
            deliveries.c.state == DeliveryState.SKIPPED,
            deliveries.c.reason.in_((*map(_paused, (PauseReason.PERSON, PauseReason.RESTING)), LEFT_MEANWHILE)),
            left_just_now,
            exists().where(announcements.c.slug == deliveries.c.article),
        )
        .values(state=DeliveryState.PENDING, reason=None)
    )


def _paused(reason: PauseReason) -> str:
    """Why what was pending as a pause began is skipped."""
    return f"paused: {reason}"


async def skip_pending(connection: AsyncConnection, where: ColumnElement[bool], reason: str, now: datetime) -> None:
    """Nothing more is sent of the pending deliveries that `where` names."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.PENDING, where)
        .values(state=DeliveryState.SKIPPED, reason=reason, updated_at=now)
    )
