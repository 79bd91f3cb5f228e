"""What arrived is noted as it was, and what changed while it was on its way is corrected."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.news.noting import Noting
from bot.news.undoing import HELD
from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.deliveries import Arrival, Parcel, ShownSentence
from bot.state.kinds import DeliveryKind
from bot.state.opening import State, open_state
from tests.clocks import StoppedClock
from tests.vaults import VAULT

ANNA, BRUNO = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2"))
OLD, NEW = "It opens in May.", "It opens in June."


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of the state."""
    return StoppedClock()


@pytest.fixture
async def state(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[State]:
    """A database of the test's own."""
    async with open_state(Settings(data_dir=tmp_path), VAULT, now=clock) as opened:
        yield opened


@pytest.fixture
def noting(state: State, clock: StoppedClock) -> Noting:
    """As the bot has it."""
    return Noting(state.shown, state.outbox, clock)


async def sent(state: State, clock: StoppedClock) -> list[Parcel]:
    """A push to each subscriber that is on its way."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat, "en")
    await state.outbox.announce("depot")
    return list(await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test"))


def showing(parcel: Parcel, *texts: str) -> Arrival:
    """It arrived, with these texts as the first sentences."""
    shown: list[ShownSentence] = [(f"depot/p1/s{n}", "en", text) for n, text in enumerate(texts, 1)]
    return Arrival(parcel.chat_id, (), None, tuple(shown))


async def owed(state: State, clock: StoppedClock) -> list[tuple[str, str | None]]:
    """The corrections that are due, each with whose it is and what is said now."""
    found = []
    for parcel in await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test"):
        for delivery in parcel.of(DeliveryKind.CORRECTION).deliveries:
            one = await state.shown.correction(int(delivery.about))
            found.append((parcel.chat.address, one.now if one is not None else None))
    return found


async def test_what_was_sent_is_noted_as_it_was(state: State, noting: Noting, clock: StoppedClock) -> None:
    """Whatever is published meanwhile, what the message held is what its reader saw."""
    [anna, bruno] = await sent(state, clock)
    await noting.sent([showing(anna, OLD), showing(bruno)])
    assert await state.shown.who_saw("depot/p1/s1", "en", OLD) == (anna.chat_id,)
    assert await state.shown.who_saw("depot/p1/s1", "en", NEW) == ()


async def test_what_changed_in_the_air_is_corrected_once(state: State, noting: Noting, clock: StoppedClock) -> None:
    """Who is sent a sentence that was corrected while the message was on its way is owed that correction, not before
    the change can be taken back no more; who is sent the new one, or another sentence, is not."""
    [anna, bruno] = await sent(state, clock)
    await state.shown.correct("depot", "depot/p1/s1", "en", OLD, NEW)
    for _ in range(2):
        await noting.sent([showing(anna, OLD, "It is red."), showing(bruno, NEW, "It is red.")])
    assert await owed(state, clock) == []
    clock.forward(HELD.total_seconds())
    assert await owed(state, clock) == [("1", NEW)]
    clock.forward(60)
    assert await owed(state, clock) == []


async def test_what_came_back_is_not_corrected(state: State, noting: Noting, clock: StoppedClock) -> None:
    """Nor is what was corrected long before the message was made, and stands there anew."""
    [anna, bruno] = await sent(state, clock)
    await state.shown.correct("depot", "depot/p1/s1", "en", OLD, NEW)
    await state.shown.correct("depot", "depot/p1/s1", "en", NEW, OLD)
    await state.shown.correct("depot", "depot/p1/s2", "en", "It is red.", None)
    await noting.sent([showing(anna, OLD)])
    clock.forward(timedelta(days=2).total_seconds())
    await noting.sent([showing(bruno, OLD, "It is red.")])
    clock.forward(HELD.total_seconds())
    assert await owed(state, clock) == []


async def test_what_a_killed_process_had_sent_is_corrected_however_late(
    state: State, noting: Noting, clock: StoppedClock
) -> None:
    """A bot that was killed on Friday and started on Monday tells of what was changed on Saturday."""
    [anna, _] = await sent(state, clock)
    friday = clock()
    clock.forward(timedelta(days=1).total_seconds())
    await state.shown.correct("depot", "depot/p1/s1", "en", OLD, NEW)
    clock.forward(timedelta(days=2).total_seconds())
    for _ in range(2):
        await noting.sent([replace(showing(anna, OLD), at=friday)])
    assert await owed(state, clock) == [("1", NEW)]
