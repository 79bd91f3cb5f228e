"""Who wants to hear of what, and how."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from bot.replies import Channel, ChatAddress
from bot.state.deliveries import Outcome
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm, SubscriptionState
from bot.state.opening import State
from bot.state.preferences import OwnTopic, Preferences
from bot.state.schedule import Quiet
from bot.state.subscriptions import ChatLanguage
from tests.clocks import StoppedClock
from tests.state.looking import number_of, rows, states

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
TOPIC = ChatAddress(Channel.TELEGRAM, "1", thread=7)


# Languages


async def test_a_chat_that_was_never_met_has_no_language(state: State, url: str) -> None:
    """Asking for a language keeps nothing of the asker."""
    assert await state.subscriptions.language_of(ANNA) == ChatLanguage(None, None)
    assert number_of(url, "chats") == 0


async def test_the_chosen_language_and_the_last_one_are_apart(state: State) -> None:
    """A choice stands whatever was spoken last, and None follows the questions again."""
    await state.subscriptions.choose_language(ANNA, "de")
    await state.subscriptions.subscribe(ANNA, "it")
    assert await state.subscriptions.language_of(ANNA) == ChatLanguage("de", "it")
    await state.subscriptions.choose_language(ANNA, None)
    assert await state.subscriptions.language_of(ANNA) == ChatLanguage(None, "it")


# Coming and going


async def test_subscribing_is_for_everything(state: State) -> None:
    """The first time subscribes to everything, at once, the second changes nothing."""
    assert await state.subscriptions.preferences_of(ANNA) is None
    assert await state.subscriptions.subscribe(ANNA, "it") is True
    assert await state.subscriptions.subscribe(ANNA, "it") is False
    assert await state.subscriptions.preferences_of(ANNA) == Preferences(
        ("everything",), (), Rhythm.AT_ONCE, None, None, SubscriptionState.ACTIVE
    )


async def test_the_threads_of_a_chat_are_chats_of_their_own(state: State) -> None:
    """A forum topic subscribes without the group, and the same address on another channel is another chat."""
    assert await state.subscriptions.subscribe(TOPIC) is True
    assert await state.subscriptions.preferences_of(ANNA) is None
    assert await state.subscriptions.preferences_of(ChatAddress(Channel.TERMINAL, "1", 7)) is None
    assert await state.subscriptions.unsubscribe(ANNA) is False


async def test_two_processes_writing_at_once_wait_for_each_other(state: State, others: State) -> None:
    """Of two that subscribe the same chat at once, for one it is news."""
    for number in range(10):
        chat = ChatAddress(Channel.TELEGRAM, str(number))
        news = await asyncio.gather(
            state.subscriptions.subscribe(chat, "it"), others.subscriptions.subscribe(chat, "en")
        )
        assert sorted(news) == [False, True]


async def test_who_leaves_stays_out_until_subscribing_again(state: State) -> None:
    """A person who left is not brought back by unblocking the bot, but by subscribing."""
    await state.subscriptions.subscribe(ANNA, "it")
    assert await state.subscriptions.unsubscribe(ANNA) is True
    assert await state.subscriptions.unsubscribe(ANNA) is False
    assert await state.subscriptions.pause(ANNA, PauseReason.BLOCKED) is False
    assert await state.subscriptions.resume(ANNA) is False
    left = await state.subscriptions.preferences_of(ANNA)
    assert left is not None
    assert (left.state, left.pause_reason) == (SubscriptionState.PAUSED, PauseReason.PERSON)
    assert await state.subscriptions.subscribe(ANNA, "it") is True


async def test_who_blocked_the_bot_is_resumed_by_returning(state: State) -> None:
    """Blocked is a pause, in all threads: no announcement meanwhile, and coming back is enough to hear of the next."""
    for chat in (ANNA, TOPIC):
        await state.subscriptions.subscribe(chat, "it")
    assert await state.subscriptions.pause(ANNA, PauseReason.BLOCKED) is True
    assert await state.outbox.announce("missed") == 0
    assert await state.subscriptions.resume(ANNA) is True
    assert await state.subscriptions.resume(ANNA) is False
    assert await state.outbox.announce("heard") == 2


async def test_a_topic_that_is_gone_is_paused_alone(state: State) -> None:
    """A deleted forum topic says nothing of the rest of the group."""
    for chat in (ANNA, TOPIC):
        await state.subscriptions.subscribe(chat, "it")
    assert await state.subscriptions.pause(TOPIC, PauseReason.GONE) is True
    assert await state.outbox.announce("news") == 1


@pytest.mark.parametrize("returns", ["here", "with all threads"])
async def test_a_topic_that_is_gone_returns_by_itself(state: State, returns: str) -> None:
    """What is written elsewhere in the group does not wake a thread that is gone; what is written in it does, and the
    return of the whole group."""
    for chat in (ANNA, TOPIC):
        await state.subscriptions.subscribe(chat, "it")
    await state.subscriptions.pause(TOPIC, PauseReason.GONE)
    assert await state.subscriptions.resume(ANNA) is False
    assert await state.outbox.announce("missed") == 1
    if returns == "here":
        assert await state.subscriptions.resume(TOPIC) is True
    else:
        assert await state.subscriptions.resume(ANNA, everywhere=True) is True
    assert await state.outbox.announce("heard") == 2


async def test_of_a_stranger_who_blocks_nothing_is_kept(state: State, url: str) -> None:
    """A chat without a subscription that takes no message any more leaves no row: nobody waits for its return."""
    await state.subscriptions.choose_language(ANNA, "de")
    await state.questions.await_answer(ANNA, "Wann?", "de")
    assert await state.subscriptions.pause(ANNA, PauseReason.BLOCKED) is False
    assert number_of(url, "chats") == number_of(url, "awaited") == 0


@pytest.mark.parametrize("reason", [PauseReason.GONE, PauseReason.RESTING])
async def test_leaving_while_away_is_final(state: State, clock: StoppedClock, reason: PauseReason) -> None:
    """Someone whose subscription was paused for another reason can still leave for good."""
    await state.subscriptions.subscribe(ANNA, "it")
    if reason is PauseReason.RESTING:
        assert await state.subscriptions.rest(ANNA, clock() + timedelta(days=30)) is True
    else:
        assert await state.subscriptions.pause(ANNA, reason) is True
    assert await state.subscriptions.unsubscribe(ANNA) is True
    assert await state.subscriptions.resume(ANNA) is False
    await state.subscriptions.sweep(clock() + timedelta(days=29))
    assert await state.outbox.announce("news") == 0


async def test_leaving_skips_what_was_owed(state: State, url: str, clock: StoppedClock) -> None:
    """Whoever leaves during a broadcast gets nothing more of it, and nothing of it after subscribing again later."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.subscriptions.subscribe(BRUNO, "it")
    await state.outbox.announce("news")
    await state.subscriptions.unsubscribe(ANNA)
    assert states(url) == [("1", "skipped", "paused: person"), ("2", "pending", None)]
    clock.forward(601)
    await state.subscriptions.subscribe(ANNA, "it")
    assert [one.chat for one in await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")] == [BRUNO]


@pytest.mark.parametrize("how", ["left", "rested", "left, then rested", "left while it was sent"])
async def test_who_thinks_better_of_leaving_misses_nothing(
    state: State, url: str, clock: StoppedClock, how: str
) -> None:
    """What waited for somebody who left, or began to rest, comes after all where they are back within ten minutes: by
    their wishes of then, such as once a week; but nothing that was taken back meanwhile, nor left before."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.outbox.announce("given up")
    await state.subscriptions.unsubscribe(ANNA)
    clock.forward(601)
    await state.subscriptions.subscribe(ANNA, "it")
    for slug in ("news", "mistake"):
        await state.outbox.announce(slug)
    if how == "left while it was sent":
        [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    if how != "rested":
        await state.subscriptions.unsubscribe(ANNA)
    if how == "left while it was sent":
        await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, due_at=clock()))])
    if how == "left, then rested":
        await state.subscriptions.subscribe(ANNA)
    if "rested" in how:
        await state.subscriptions.rest(ANNA, clock() + timedelta(days=30))
    assert {row[1] for row in states(url)} == {"skipped"}
    await state.outbox.withdraw("mistake")
    clock.forward(600)
    assert await state.subscriptions.subscribe(ANNA) is True
    await state.subscriptions.set_rhythm(ANNA, Rhythm.WEEKLY)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me") == ()
    clock.forward(7 * 86400)
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    assert [delivery.article for delivery in parcel.deliveries] == ["news"]


async def test_a_pause_ends_by_itself(state: State, clock: StoppedClock) -> None:
    """Whoever rests for a month hears of what is announced after it, swept or not, and of nothing before."""
    await state.subscriptions.subscribe(ANNA, "it")
    until = clock() + timedelta(days=30)
    assert await state.subscriptions.rest(ANNA, until) is True
    resting = await state.subscriptions.preferences_of(ANNA)
    assert resting is not None
    assert (resting.state, resting.pause_reason, resting.until) == (
        SubscriptionState.PAUSED,
        PauseReason.RESTING,
        until,
    )
    assert await state.subscriptions.resume(ANNA) is False
    assert await state.outbox.announce("missed") == 0
    clock.forward(30 * 86400)
    assert await state.outbox.announce("heard") == 1


async def test_nobody_rests_who_has_no_subscription(state: State, clock: StoppedClock) -> None:
    """There is nothing to pause for a chat that never subscribed."""
    assert await state.subscriptions.rest(ANNA, clock() + timedelta(days=30)) is False


async def test_a_time_without_a_zone_is_a_mistake(state: State, clock: StoppedClock) -> None:
    """Whoever gives a time whose zone is not known is told so, not answered by guess."""
    await state.subscriptions.subscribe(ANNA)
    with pytest.raises(StatementError, match="has no time zone"):
        await state.subscriptions.rest(ANNA, clock().replace(tzinfo=None))


# Wishes


async def test_wishes_are_kept(state: State) -> None:
    """Topics, rhythm, quiet hours, zone and own topics are those that were set last."""
    subscriptions = state.subscriptions
    assert await subscriptions.preferences_of(ANNA) is None
    await subscriptions.subscribe(ANNA, "it")
    assert await subscriptions.preferences_of(ANNA) == Preferences(
        ("everything",), (), Rhythm.AT_ONCE, None, None, SubscriptionState.ACTIVE
    )
    assert await subscriptions.set_topics(ANNA, ["offers", "news", "offers"])
    assert await subscriptions.set_rhythm(ANNA, Rhythm.WEEKLY)
    assert await subscriptions.set_quiet(ANNA, Quiet(22 * 60, 7 * 60))
    assert await subscriptions.set_zone(ANNA, "Europe/Rome")
    own = await subscriptions.add_own_topic(ANNA, "prices in Italy", "en")
    assert own == OwnTopic(own.id, "prices in Italy", "en")
    assert await subscriptions.preferences_of(ANNA) == Preferences(
        ("news", "offers"),
        (own,),
        Rhythm.WEEKLY,
        Quiet(22 * 60, 7 * 60),
        "Europe/Rome",
        SubscriptionState.ACTIVE,
    )
    assert await subscriptions.set_quiet(ANNA, None)
    assert await subscriptions.set_topics(ANNA, [])
    assert await subscriptions.remove_own_topic(ANNA, own.id)
    kept = await subscriptions.preferences_of(ANNA)
    assert kept is not None
    assert (kept.quiet, kept.topics, kept.own) == (None, (), ())


async def test_wishes_without_a_subscription_are_no_wishes(state: State, url: str) -> None:
    """Nothing is kept of a chat that sets something and has no subscription."""
    subscriptions = state.subscriptions
    assert await subscriptions.set_topics(ANNA, ["news"]) is False
    assert await subscriptions.set_rhythm(ANNA, Rhythm.DAILY) is False
    assert await subscriptions.set_quiet(ANNA, None) is False
    assert await subscriptions.set_zone(ANNA, "Europe/Rome") is False
    assert number_of(url, "chats") == 0


async def test_an_unknown_zone_is_refused(state: State) -> None:
    """A zone that nobody knows is a mistake of the caller, and changes nothing."""
    await state.subscriptions.subscribe(ANNA)
    with pytest.raises(ValueError, match="is no time zone"):
        await state.subscriptions.set_zone(ANNA, "Mars/Olympus")


async def test_new_wishes_move_what_is_owed(state: State, clock: StoppedClock, url: str) -> None:
    """What is pending comes when today's wishes ask for it, and not before it was to be published."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.outbox.announce("news")
    await state.outbox.announce("held", at=clock() + timedelta(minutes=10))

    async def due() -> list[str]:
        found = rows(url, "SELECT due_at FROM deliveries ORDER BY id")
        return [str(moment).removesuffix("+00:00")[:16] for (moment,) in found]

    assert await due() == ["2025-09-24 12:00", "2025-09-24 12:10"]
    await state.subscriptions.set_rhythm(ANNA, Rhythm.DAILY)
    assert await due() == ["2025-09-25 09:00", "2025-09-25 09:00"]
    await state.subscriptions.set_zone(ANNA, "Europe/Rome")
    assert await due() == ["2025-09-25 07:00", "2025-09-25 07:00"]
    await state.subscriptions.set_quiet(ANNA, Quiet(8 * 60, 13 * 60 + 30))
    assert await due() == ["2025-09-25 11:30", "2025-09-25 11:30"]
    await state.subscriptions.set_rhythm(ANNA, Rhythm.AT_ONCE)
    assert await due() == ["2025-09-24 12:00", "2025-09-24 12:10"]


@pytest.mark.parametrize(
    ("rhythm", "zone", "announced", "changed", "to", "comes"),
    [
        # On the last Sunday of October nine in Rome is 8:00 UTC, an hour later than the day before.
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", "Europe/Athens", "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T07:30", "Europe/Athens", "10-26T07:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T07:30", "Europe/London", "10-26T09:00"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", "Europe/London", "10-26T09:00"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", "America/Los_Angeles", "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", "Pacific/Auckland", "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", Quiet(540, 630), "10-26T09:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", Quiet(0, 420), "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", Rhythm.DAILY, "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-25T15:00", "10-26T08:00:30", Rhythm.AT_ONCE, "10-26T08:00:30"),
        (Rhythm.DAILY, "Europe/Rome", "10-26T08:00:10", "10-26T08:00:30", Quiet(0, 420), "10-27T08:00"),
        # On the second Sunday of March the clocks of America go on: the Monday after, nine in New York is 13:00 UTC.
        (Rhythm.WEEKLY, "America/New_York", "03-05T12:00", "03-09T13:00:30", "America/Chicago", "03-09T14:00"),
        (Rhythm.WEEKLY, "America/New_York", "03-05T12:00", "03-09T13:00:30", "America/Halifax", "03-09T13:00:30"),
        (Rhythm.WEEKLY, "America/New_York", "03-05T12:00", "03-09T12:30", "America/Halifax", "03-09T12:30"),
    ],
)
async def test_a_digest_keeps_its_day(
    state: State,
    clock: StoppedClock,
    rhythm: Rhythm,
    zone: str,
    announced: str,
    changed: str,
    to: str | Quiet | Rhythm,
    comes: str,
) -> None:
    """Whatever clock or hours somebody changes to, what was due that day comes that day, or at once, and once."""

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"{2025 if text.startswith('10') else 2026}-{text}").replace(tzinfo=UTC)

    await state.subscriptions.subscribe(ANNA)
    await state.subscriptions.set_zone(ANNA, zone)
    await state.subscriptions.set_rhythm(ANNA, rhythm)
    clock.moment = moment(announced)
    await state.outbox.announce("news")
    clock.moment = moment(changed)
    match to:
        case Quiet():
            await state.subscriptions.set_quiet(ANNA, to)
        case Rhythm():
            await state.subscriptions.set_rhythm(ANNA, to)
        case zone:
            await state.subscriptions.set_zone(ANNA, zone)
    if moment(comes) > clock():
        clock.moment = moment(comes) - timedelta(seconds=1)
        assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me") == ()
    clock.moment = moment(comes)
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT))])
    await state.subscriptions.set_zone(ANNA, "Europe/London")
    clock.forward(8 * 86400)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me") == ()


async def test_a_digest_that_was_begun_is_not_put_off(state: State, clock: StoppedClock) -> None:
    """What could not be sent at its hour is tried again at the time that the channel named, on whatever clock."""
    await state.subscriptions.subscribe(ANNA)
    await state.subscriptions.set_rhythm(ANNA, Rhythm.DAILY)
    await state.outbox.announce("news")
    clock.forward(21 * 3600)
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    again = Outcome(DeliveryState.PENDING, due_at=clock() + timedelta(seconds=30))
    await state.outbox.settle([(parcel, again)])
    await state.subscriptions.set_zone(ANNA, "Europe/Rome")
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me") == ()
    clock.forward(30)
    assert len(await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")) == 1


# In their own words


async def test_own_topics_of_those_who_are_subscribed(state: State) -> None:
    """The own topics of all active subscriptions are given with their chats; nobody removes another's."""
    subscriptions = state.subscriptions
    for chat in (ANNA, BRUNO):
        await subscriptions.subscribe(chat)
    mine = await subscriptions.add_own_topic(ANNA, "prices in Italy", "en")
    theirs = await subscriptions.add_own_topic(BRUNO, "prezzi", "it")
    assert [topic for topic, _ in await subscriptions.own_topics()] == [mine, theirs]
    assert await subscriptions.remove_own_topic(ANNA, theirs.id) is False
    await subscriptions.unsubscribe(BRUNO)
    [(topic, chat_id)] = await subscriptions.own_topics()
    assert (topic, topic.words) == (mine, "prices in Italy")
    assert isinstance(chat_id, int)


async def test_a_rest_that_is_over_misses_nothing_of_ones_own(state: State, clock: StoppedClock) -> None:
    """What is announced after a pause, and before anybody swept, is looked at for the own topics of who paused, too."""
    await state.subscriptions.subscribe(ANNA)
    await state.subscriptions.set_topics(ANNA, ())
    mine = await state.subscriptions.add_own_topic(ANNA, "prices in Italy", "en")
    await state.subscriptions.rest(ANNA, clock() + timedelta(days=30))
    assert await state.subscriptions.own_topics() == ()
    clock.forward(timedelta(days=30).total_seconds())
    [(topic, _)] = await state.subscriptions.own_topics()
    assert topic == mine
    assert await state.outbox.announce("news", own=[topic.id]) == 1


async def test_a_number_never_comes_twice(state: State) -> None:
    """A button that names a topic which was removed means no other one that was made since."""
    first = await state.subscriptions.add_own_topic(ANNA, "one", "en")
    await state.subscriptions.remove_own_topic(ANNA, first.id)
    assert (await state.subscriptions.add_own_topic(ANNA, "two", "en")).id != first.id


async def test_a_question_waits_until_its_answer_is_owed(state: State, clock: StoppedClock, url: str) -> None:
    """A question is asked anew of each article until one answers it, and is kept for 180 days at most."""
    number = await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    assert (asked.id, asked.question, asked.language, asked.asked_at) == (number, "When?", "en", clock())
    assert await state.questions.awaiting(ANNA) == (asked,)
    assert await state.questions.awaiting(BRUNO) == ()
    assert await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(number), None)]) == 1
    assert await state.questions.awaited() == ()
    parcels = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT)) for parcel in parcels])
    assert number_of(url, "awaited") == 0
    await state.questions.await_answer(ANNA, "Where?", "en")
    clock.forward(180 * 86400)
    assert await state.questions.awaited() == ()
