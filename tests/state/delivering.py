"""Who is owed what, and told of what, in the tests of the outbox."""

from collections.abc import Sequence

from bot.replies import Channel, ChatAddress
from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryState
from bot.state.opening import State
from tests.clocks import StoppedClock

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
TERMINAL = ChatAddress(Channel.TERMINAL, "me")
SENT = Outcome(DeliveryState.SENT)


async def take(state: State, clock: StoppedClock, owner: str = "me", limit: int = 100) -> tuple[Parcel, ...]:
    """All that is due on Telegram."""
    return await state.outbox.take(Channel.TELEGRAM, clock(), limit, owner)


async def subscribed(state: State, *people: ChatAddress) -> None:
    """These follow everything, in Italian."""
    for chat in people:
        await state.subscriptions.subscribe(chat, "it")


def told(parcels: Sequence[Parcel]) -> list[tuple[ChatAddress, list[str]]]:
    """Who is told of which articles."""
    return [(parcel.chat, [delivery.article for delivery in parcel.deliveries]) for parcel in parcels]
