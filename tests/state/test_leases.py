"""Processes that end, and others that go on: nothing is lost between them."""

import pytest

from bot.replies import Channel
from bot.settings import Settings
from bot.state.deliveries import Outcome, arrival_of
from bot.state.kinds import DeliveryKind, DeliveryState
from bot.state.opening import State, open_state
from bot.state.outbox import LEASE
from tests.clocks import StoppedClock
from tests.state.delivering import ANNA, BRUNO, SENT, TERMINAL, subscribed, take
from tests.state.looking import number_of, rows, states
from tests.vaults import VAULT


async def test_a_crash_while_sending_loses_nothing(state: State, others: State, clock: StoppedClock, url: str) -> None:
    """What a process was sending as it ended is owed again when its lease has ended; what its person left is not."""
    await subscribed(state, ANNA, BRUNO, TERMINAL)
    await state.outbox.announce("news")
    await take(state, clock, "first")
    await state.outbox.take(Channel.TERMINAL, clock(), 9, "first")
    await state.subscriptions.unsubscribe(BRUNO)
    assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 0
    clock.forward(LEASE.total_seconds())
    assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 2
    assert states(url) == [
        ("1", "pending", None),
        ("2", "skipped", "left while it was being sent"),
        ("me", "sending", None),  # another channel's
    ]
    [parcel] = await take(others, clock, "second")
    assert [one.attempts for one in parcel.deliveries] == [1]


async def test_a_process_that_lives_keeps_what_it_sends(state: State, others: State, clock: StoppedClock) -> None:
    """Whoever gives signs of life within the lease is not taken for dead, however long a message takes."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    await take(state, clock, "first")
    for _ in range(5):
        clock.forward(LEASE.total_seconds() / 2)
        await state.outbox.recover(Channel.TELEGRAM, clock(), "first")
        assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 0


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite: one machine, one clock
async def test_leases_go_by_one_clock(settings: Settings, clock: StoppedClock, url: str) -> None:
    """On PostgreSQL, which machines share, nobody is taken for dead because two machines' clocks differ: the server's
    counts, when a lease begins, is renewed and ends."""
    async with open_state(settings, VAULT, now=clock) as state, open_state(settings, VAULT, now=clock) as others:
        await subscribed(state, ANNA)
        await state.outbox.announce("news")
        await take(state, clock, "first")
        clock.forward(86400)
        assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 0
        rows(url, "UPDATE deliveries SET lease_until = clock_timestamp() - interval '1 second'")
        await state.outbox.recover(Channel.TELEGRAM, clock(), "first")
        clock.forward(-2 * 86400)
        assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 0
        rows(url, "UPDATE deliveries SET lease_until = clock_timestamp() - interval '1 second'")
        assert await others.outbox.recover(Channel.TELEGRAM, clock(), "second") == 1


@pytest.mark.parametrize("seconds", [86400, -86400])
async def test_a_clock_that_jumps_takes_nothing_from_its_own(
    state: State, clock: StoppedClock, seconds: int, url: str
) -> None:
    """A process never recovers what it is sending itself, whatever the clock says."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock)
    clock.forward(seconds)
    assert await state.outbox.recover(Channel.TELEGRAM, clock(), "me") == 0
    assert await take(state, clock) == ()
    await state.outbox.settle([(parcel, SENT)])
    assert states(url) == [("1", "sent", None)]


async def test_late_but_sent(state: State, others: State, clock: StoppedClock, url: str) -> None:
    """What arrived though its sender was taken for dead is not sent again, unless it is on its way again already."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock, "slow")
    clock.forward(LEASE.total_seconds())
    await others.outbox.recover(Channel.TELEGRAM, clock(), "other")
    await state.outbox.settle([(parcel, SENT)])
    assert states(url) == [("1", "sent", None)]
    await state.outbox.announce("more")
    [parcel] = await take(state, clock, "slow")
    clock.forward(LEASE.total_seconds())
    await others.outbox.recover(Channel.TELEGRAM, clock(), "other")
    [again] = await take(others, clock, "other")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, reason="late"))])
    assert states(url)[1] == ("1", "sending", None)
    await others.outbox.settle([(again, SENT)])
    assert states(url)[1] == ("1", "sent", None)


async def test_what_a_process_left_is_taken_over_at_once(
    state: State, others: State, clock: StoppedClock, url: str
) -> None:
    """Of a process that ended, what it knew to have arrived is sent, answers let their questions go, and the rest is
    owed again without waiting for its lease; a second time changes nothing, and what others send is theirs."""
    await subscribed(state, ANNA, BRUNO)
    number = await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(number), None)])
    [answer] = await take(state, clock, "last")
    await state.outbox.announce("news")
    first, second = await take(state, clock, "last")
    assert (first.chat, second.chat) == (ANNA, BRUNO)
    arrived = [arrival_of(one, Outcome(DeliveryState.SENT, message_id=5)) for one in (answer, first)]
    assert await others.outbox.take_over("last", arrived) == 1
    assert number_of(url, "awaited") == 0
    assert states(url) == [("1", "sent", None), ("1", "sent", None), ("2", "pending", None)]
    [again] = await take(others, clock, "next")
    assert (again.chat, again.deliveries[0].attempts) == (BRUNO, 1)
    late = arrival_of(second, SENT)
    assert await others.outbox.take_over("last", [*arrived, late]) == 0
    assert states(url)[2] == ("2", "sending", None)
    await others.outbox.owe_edits("news", "more")
    assert [edit.message_id for parcel in await take(others, clock, "next") for edit in parcel.deliveries] == [5]
