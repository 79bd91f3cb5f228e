"""Groups that become supergroups: everything goes along, and two chats that meet become one."""

from datetime import timedelta

from bot.replies import Channel, ChatAddress
from bot.state.deliveries import Outcome
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm, SubscriptionState
from bot.state.opening import State
from bot.state.schedule import Quiet
from bot.state.subscriptions import ChatLanguage
from tests.clocks import StoppedClock
from tests.state.looking import number_of, rows, states

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
MOVED = ChatAddress(Channel.TELEGRAM, "-1001")


async def test_a_moved_group_keeps_all_it_had(state: State, clock: StoppedClock) -> None:
    """Language, wishes and what is owed go to the new address, with every thread."""
    topic = ChatAddress(Channel.TELEGRAM, "1", thread=7)
    for chat in (ANNA, topic):
        await state.subscriptions.subscribe(chat, "it")
    await state.subscriptions.choose_language(ANNA, "de")
    await state.subscriptions.set_quiet(ANNA, Quiet(0, 60))
    wishes = await state.subscriptions.preferences_of(ANNA)
    await state.outbox.announce("news")
    await state.subscriptions.move_chat(ANNA, "-1001")
    assert await state.subscriptions.preferences_of(ANNA) is None
    assert await state.subscriptions.preferences_of(topic) is None
    assert await state.subscriptions.language_of(MOVED) == ChatLanguage("de", "it")
    assert await state.subscriptions.preferences_of(MOVED) == wishes
    parcels = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    assert [parcel.chat for parcel in parcels] == [MOVED, ChatAddress(Channel.TELEGRAM, "-1001", 7)]
    await state.subscriptions.move_chat(MOVED, "-1001")
    assert await state.subscriptions.preferences_of(MOVED) is not None


async def test_messages_keep_no_number_over_a_move(state: State, clock: StoppedClock) -> None:
    """What was sent to the old group cannot be edited in the new one."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.outbox.announce("first")
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "me")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT, message_id=5))])
    await state.subscriptions.move_chat(ANNA, "-1001")
    assert await state.outbox.owe_edits("first", "second") == 0


async def test_what_a_moved_group_asked_is_its_own(state: State, url: str) -> None:
    """What is noted of its questions goes along, each once, and with everything else where all of it is deleted."""
    for chat, sentence in ((ANNA, "news/p1/s1"), (ANNA, "news/p1/s2"), (MOVED, "news/p1/s1")):
        await state.counts.refused(chat, sentence)
    await state.counts.flush()
    await state.subscriptions.move_chat(ANNA, "-1001")
    assert await state.subscriptions.everything_of(ANNA) == {"chats": [], "refused": []}
    noted = (await state.subscriptions.everything_of(MOVED))["refused"]
    assert [one["nearest"] for one in noted] == ["news/p1/s1", "news/p1/s2"]
    assert await state.subscriptions.erase(MOVED) is True
    assert number_of(url, "refusals") == 0


async def test_moving_into_a_chat_merges(state: State, url: str) -> None:
    """The chat that is there keeps its choices, gets those it lacks, and is owed and was shown each thing once."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.subscriptions.choose_language(ANNA, "de")
    await state.subscriptions.set_zone(ANNA, "Europe/Rome")
    await state.subscriptions.set_rhythm(ANNA, Rhythm.DAILY)
    await state.subscriptions.add_own_topic(ANNA, "prices", "en")
    await state.questions.await_answer(ANNA, "When?", "en")
    await state.outbox.announce("first")
    await state.subscriptions.subscribe(BRUNO, "en")
    for chat in (ANNA, BRUNO):
        await state.shown.note(chat, [("first/p1/s1", "en", "It costs 1."), (f"first/p2/s{chat.address}", "en", "!")])
    await state.outbox.announce("second")
    await state.subscriptions.move_chat(ANNA, "2")
    assert await state.subscriptions.language_of(BRUNO) == ChatLanguage("de", "en")
    wishes = await state.subscriptions.preferences_of(BRUNO)
    assert wishes is not None
    assert (wishes.rhythm, wishes.zone, [topic.words for topic in wishes.own]) == (
        Rhythm.AT_ONCE,
        "Europe/Rome",
        ["prices"],
    )
    assert len(await state.questions.awaiting(BRUNO)) == 1
    assert number_of(url, "chats") == 1
    assert number_of(url, "shown") == 3
    assert rows(url, "SELECT article, state FROM deliveries ORDER BY article") == [
        ("first", "pending"),
        ("second", "pending"),
    ]


async def test_each_answer_is_a_thing_of_its_own(state: State, url: str) -> None:
    """Answers to two questions about one article are both still owed after a merge."""
    for chat in (ANNA, BRUNO):
        await state.questions.await_answer(chat, f"Question of {chat.address}?", "en")
    asked = [(one.chat_id, str(one.id), None) for one in await state.questions.awaited()]
    await state.outbox.owe(DeliveryKind.ANSWER, "news", asked)
    await state.subscriptions.move_chat(ANNA, "2")
    assert states(url) == [("2", "pending", None), ("2", "pending", None)]


async def test_what_either_chat_got_is_not_sent_again(state: State, clock: StoppedClock, url: str) -> None:
    """Of two deliveries of one article the one that arrived stands."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat, "it")
    await state.outbox.announce("news")
    [to_anna] = await state.outbox.take(Channel.TELEGRAM, clock(), 1, "me")
    await state.outbox.settle([(to_anna, Outcome(DeliveryState.SENT))])
    await state.subscriptions.move_chat(ANNA, "2")
    assert states(url) == [("2", "sent", None)]


async def test_moving_into_a_chat_that_left_stays_left(state: State, url: str) -> None:
    """Where the person at the new address left, what the old one is owed is skipped."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat, "it")
    await state.subscriptions.unsubscribe(BRUNO)
    await state.outbox.announce("news")
    await state.subscriptions.move_chat(ANNA, "2")
    assert states(url) == [("2", "skipped", "the chat is not subscribed")]


async def test_moving_into_a_chat_that_was_gone_resumes_it(state: State, clock: StoppedClock) -> None:
    """An active subscription that moves into one that was paused as gone makes it active."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat, "it")
    await state.subscriptions.pause(BRUNO, PauseReason.GONE)
    clock.forward(timedelta(days=1).total_seconds())
    await state.subscriptions.move_chat(ANNA, "2")
    merged = await state.subscriptions.preferences_of(BRUNO)
    assert merged is not None
    assert (merged.state, merged.pause_reason) == (SubscriptionState.ACTIVE, None)
