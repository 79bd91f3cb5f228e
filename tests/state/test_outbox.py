"""What is owed is taken, sent and settled once, whatever others do meanwhile."""

import asyncio
from datetime import timedelta, timezone

import pytest

from bot.replies import Channel, ChatAddress
from bot.state.deliveries import Delivery, Outcome, Parcel
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm
from bot.state.opening import State
from bot.state.schedule import Quiet
from tests.clocks import StoppedClock
from tests.state.delivering import ANNA, BRUNO, SENT, TERMINAL, subscribed, take, told
from tests.state.looking import number_of, rows, states


async def test_a_parcel_says_all_that_sending_needs(state: State, clock: StoppedClock) -> None:
    """Chat with its thread, language, zone, each delivery with its tries; only of the channel, at most the limit."""
    topic = ChatAddress(Channel.TELEGRAM, "-1001", thread=7)
    await subscribed(state, topic, ANNA, TERMINAL)
    await state.subscriptions.set_zone(topic, "Europe/Rome")
    await state.outbox.announce("news")
    [parcel] = await take(state, clock, limit=1)
    [delivery] = parcel.deliveries
    expected = Delivery(delivery.id, "news", DeliveryKind.ANNOUNCEMENT, because="everything", begun_at=clock())
    assert parcel == Parcel(topic, parcel.chat_id, "it", "Europe/Rome", (expected,))
    assert [one.chat for one in await take(state, clock)] == [ANNA]
    assert [one.chat for one in await state.outbox.take(Channel.TERMINAL, clock(), 9, "me")] == [TERMINAL]


async def test_an_announcement_speaks_the_chosen_language(state: State, clock: StoppedClock) -> None:
    """A parcel carries the chosen language, else the last one."""
    await subscribed(state, ANNA, BRUNO)
    await state.subscriptions.choose_language(BRUNO, "zh")
    await state.outbox.announce("news")
    assert [(one.chat, one.language) for one in await take(state, clock)] == [(ANNA, "it"), (BRUNO, "zh")]


async def test_all_that_is_due_comes_together(state: State, clock: StoppedClock) -> None:
    """What several announcements owe one chat is one parcel, the longest due first, and can be taken apart by kind."""
    await subscribed(state, ANNA)
    for slug in ("first", "second"):
        await state.outbox.announce(slug)
        clock.forward(1)
    await state.outbox.owe(DeliveryKind.CORRECTION, "zeroth", [(1, "1", None)])  # 1: the first chat's number
    [parcel] = await take(state, clock)
    assert [delivery.article for delivery in parcel.deliveries] == ["first", "second", "zeroth"]
    assert [delivery.article for delivery in parcel.of(DeliveryKind.CORRECTION).deliveries] == ["zeroth"]


async def test_a_digest_is_one_parcel(state: State, clock: StoppedClock) -> None:
    """Who wants a daily digest gets all of the day at nine on their own clock, others at once."""
    await subscribed(state, ANNA, BRUNO)
    await state.subscriptions.set_rhythm(ANNA, Rhythm.DAILY)
    await state.subscriptions.set_zone(ANNA, "Europe/Rome")
    for slug in ("first", "second"):
        await state.outbox.announce(slug)
    assert told(await take(state, clock)) == [(BRUNO, ["first", "second"])]
    clock.forward(19 * 3600 - 1)
    assert await take(state, clock) == ()
    clock.forward(1)
    assert told(await take(state, clock)) == [(ANNA, ["first", "second"])]


async def test_quiet_hours_are_waited_out(state: State, clock: StoppedClock) -> None:
    """What falls due in quiet hours comes as they end, in one parcel, and holds up nobody else."""
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("before")
    parcels = await take(state, clock)
    later = Outcome(DeliveryState.PENDING, due_at=clock() + timedelta(hours=1))  # a try that falls into them
    await state.outbox.settle([(parcel, later) for parcel in parcels])
    await state.subscriptions.set_quiet(ANNA, Quiet(12 * 60 + 30, 15 * 60))
    clock.forward(3600)
    await state.outbox.announce("within")
    assert told(await take(state, clock, limit=1)) == [(BRUNO, ["before", "within"])]
    assert await take(state, clock) == ()
    clock.forward(2 * 3600)
    assert told(await take(state, clock)) == [(ANNA, ["before", "within"])]


async def test_quiet_hours_that_begin_while_it_waits(state: State, clock: StoppedClock) -> None:
    """What was due before the quiet hours and not taken waits for their end, too, for everyone with these hours."""
    await subscribed(state, ANNA, BRUNO)
    for chat in (ANNA, BRUNO):
        await state.subscriptions.set_quiet(chat, Quiet(12 * 60 + 30, 15 * 60))
    await state.outbox.announce("news")
    clock.forward(3600)
    assert await take(state, clock, limit=1) == ()
    clock.forward(2 * 3600)
    assert told(await take(state, clock)) == [(ANNA, ["news"]), (BRUNO, ["news"])]


async def test_two_processes_taking_at_once_take_it_once(state: State, others: State, clock: StoppedClock) -> None:
    """However many ask for what is due at once, each parcel is taken by one of them, and all are taken."""
    people = [ChatAddress(Channel.TELEGRAM, str(number)) for number in range(12)]
    await subscribed(state, *people)
    for slug in ("first", "second"):
        await state.outbox.announce(slug)
    taken = await asyncio.gather(
        *(take(one, clock, f"process {number}", 3) for number, one in enumerate((state, others) * 6))
    )
    parcels = [parcel for some in taken for parcel in some]
    parcels += await take(state, clock)  # who found all rows locked got none
    assert sorted(parcel.chat.address for parcel in parcels) == sorted(chat.address for chat in people)
    assert all(len(parcel.deliveries) == 2 for parcel in parcels)


async def test_a_process_passes_over_what_another_is_taking(
    state: State, others: State, clock: StoppedClock, url: str
) -> None:
    """On PostgreSQL nobody waits for another's transaction: its chats are skipped."""
    if url.startswith("sqlite"):
        return  # one process writes at a time
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("news")
    async with others.engines.write() as connection:
        await connection.exec_driver_sql("SELECT id FROM chats WHERE id = 1 FOR UPDATE")
        assert told(await take(state, clock)) == [(BRUNO, ["news"])]
    assert told(await take(state, clock)) == [(ANNA, ["news"])]


async def test_taking_looks_at_the_subscription_itself(state: State, clock: StoppedClock, url: str) -> None:
    """Even what is still pending is not taken while its chat is not subscribed."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    rows(url, "UPDATE subscriptions SET state = 'paused', pause_reason = 'person'")
    assert await take(state, clock) == ()


async def test_a_postponed_delivery_waits(state: State, clock: StoppedClock, url: str) -> None:
    """What should be tried later is due then and not before, and says how often it was tried."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock)
    later = (clock() + timedelta(seconds=35)).astimezone(timezone(timedelta(hours=5)))  # any zone will do
    await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, reason="too fast", due_at=later))])
    await state.subscriptions.set_rhythm(ANNA, Rhythm.AT_ONCE)  # changes nothing of that
    assert states(url) == [("1", "pending", "too fast")]
    clock.forward(34.9)
    assert await take(state, clock) == ()
    clock.forward(0.1)
    [again] = await take(state, clock)
    assert [(one.id, one.attempts) for one in again.deliveries] == [(parcel.deliveries[0].id, 1)]


async def test_settling_twice_changes_nothing(state: State, clock: StoppedClock, url: str) -> None:
    """The first outcome stands, and a reason is kept to 255 characters."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, reason="x" * 300))])
    await state.outbox.settle([(parcel, SENT)])
    assert states(url) == [("1", "failed", "x" * 255)]


async def test_many_are_settled_together(state: State, clock: StoppedClock, url: str) -> None:
    """One transaction writes how many parcels ended, each in its own way, and what that says of their chats."""
    people = [ChatAddress(Channel.TELEGRAM, str(number)) for number in range(5)]
    await subscribed(state, *people)
    await state.outbox.announce("first")
    await state.outbox.announce("second")
    parcels = await take(state, clock)
    outcomes = [
        Outcome(DeliveryState.SENT, message_id=3),
        Outcome(DeliveryState.SKIPPED, reason="no more at hand"),
        Outcome(DeliveryState.FAILED, reason="blocked", pause=PauseReason.GONE),
        Outcome(DeliveryState.PENDING, reason="moved", due_at=clock(), moved_to="-1003"),
        Outcome(DeliveryState.PENDING, reason="later", due_at=clock()),
    ]
    await state.outbox.settle([])
    await state.outbox.settle(list(zip(parcels, outcomes, strict=True)))
    assert [state for state in states(url) if state[0] in {"0", "1", "2"}] == [
        ("0", "sent", None),
        ("1", "skipped", "no more at hand"),
        ("2", "failed", "blocked"),
    ] * 2
    paused = await state.subscriptions.preferences_of(people[2])
    assert paused is not None
    assert paused.pause_reason is PauseReason.GONE
    assert told(await take(state, clock)) == [
        (ChatAddress(Channel.TELEGRAM, "-1003"), ["first", "second"]),
        (people[4], ["first", "second"]),
    ]


async def test_leaving_while_the_message_is_out(state: State, clock: StoppedClock, url: str) -> None:
    """A message that was on its way as its chat left is not tried a second time."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock)
    await state.subscriptions.unsubscribe(ANNA)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, due_at=clock()))])
    assert states(url) == [("1", "skipped", "left while it was being sent")]


async def test_an_answer_that_is_out_as_a_rest_begins(state: State, clock: StoppedClock, url: str) -> None:
    """It may not go out any more, and is owed at the end of the rest."""
    await subscribed(state, ANNA)
    await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(asked.id), None)])
    [parcel] = await take(state, clock)
    await state.subscriptions.rest(ANNA, clock() + timedelta(days=30))
    assert (await state.outbox.still_owed(parcel)).deliveries == ()
    await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, due_at=clock()))])
    assert states(url) == [("1", "pending", None)]
    await state.subscriptions.subscribe(ANNA)
    assert told(await take(state, clock)) == [(ANNA, ["news"])]


async def test_erasing_while_the_message_is_out(state: State, clock: StoppedClock, url: str) -> None:
    """Settling what was erased meanwhile brings nothing back, and touches nothing that came since."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock)
    await state.subscriptions.erase(ANNA)
    assert number_of(url, "chats") == 0
    await subscribed(state, BRUNO)
    await state.outbox.announce("other")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, pause=PauseReason.GONE, moved_to="9"))])
    assert states(url) == [("2", "pending", None)]


async def test_an_address_that_cannot_be_read_holds_up_nobody(state: State, clock: StoppedClock, url: str) -> None:
    """What is owed to a chat whose address is damaged has failed, and the others get theirs."""
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("news")
    rows(url, "UPDATE chats SET address = 'damaged' WHERE id = 1")
    assert told(await take(state, clock)) == [(BRUNO, ["news"])]
    assert rows(url, "SELECT state, reason FROM deliveries WHERE chat_id = 1") == [
        ("failed", "the address cannot be read")
    ]


async def test_a_silence_that_is_written_twice_is_one(state: State, clock: StoppedClock) -> None:
    """Writing again how a try ended changes nothing, also where nothing was said."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    for silences in range(3):
        [parcel] = await take(state, clock)
        [delivery] = parcel.deliveries
        assert (delivery.attempts, delivery.unheard, delivery.tries) == (silences, silences, 0)
        for _ in range(2):
            silence = Outcome(DeliveryState.PENDING, "silent", clock(), unheard=True)
            await state.outbox.settle([(parcel, silence)])


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize(("hours", "anew"), [(23, False), (25, True)])
async def test_time_in_which_nobody_tried_was_not_in_vain(
    state: State, clock: StoppedClock, hours: int, anew: bool, killed: bool
) -> None:
    """A delivery begins anew where its last try is older than a day, also one in the middle of which all ended."""
    await subscribed(state, ANNA)
    await state.outbox.announce("news")
    begun = clock()
    [parcel] = await take(state, clock)
    if not killed:
        await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, "silent", clock(), unheard=True))])
    clock.forward(hours * 3600)
    await state.outbox.recover(Channel.TELEGRAM, clock(), "another")
    [parcel] = await take(state, clock, "another")
    assert parcel.deliveries[0].begun_at == (clock() if anew else begun)
