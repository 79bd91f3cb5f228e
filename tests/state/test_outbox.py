"""What is owed to whom: each thing once, whatever happens to those who send it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta, timezone

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.database import in_one_line
from bot.state.deliveries import Delivery, Outcome, Parcel, arrival_of
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm
from bot.state.opening import State, open_state
from bot.state.outbox import LEASE
from bot.state.schedule import Quiet
from tests.clocks import StoppedClock
from tests.state.looking import number_of, owed_of, rows, states
from tests.vaults import VAULT

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


# What is owed


async def test_an_article_is_announced_once(state: State, others: State, url: str) -> None:
    """Announcing again, from any process, owes nothing to anyone, late subscribers included."""
    await subscribed(state, ANNA)
    assert await state.outbox.announce("news", ("offers",)) == 1
    await subscribed(state, BRUNO)
    assert await others.outbox.announce("news", ("offers",)) == 0
    assert states(url) == [("1", "pending", None)]


async def test_two_processes_announcing_at_once_owe_it_once(state: State, others: State, url: str) -> None:
    """Of many that announce the same article at once, one does."""
    await subscribed(state, *(ChatAddress(Channel.TELEGRAM, str(number)) for number in range(5)))
    counts = await asyncio.gather(*(one.outbox.announce("news") for one in (state, others) * 4))
    assert sorted(counts) == [0] * 7 + [5]
    assert len(states(url)) == 5


async def test_only_the_topics_one_follows(state: State, clock: StoppedClock) -> None:
    """An article goes to those who follow one of its topics, it in their own words, or everything: once, with why."""
    carla = ChatAddress(Channel.TELEGRAM, "3")
    await subscribed(state, ANNA, BRUNO, carla)
    await state.subscriptions.set_topics(BRUNO, ["offers"])
    await state.subscriptions.set_topics(carla, [])
    own = await state.subscriptions.add_own_topic(carla, "cars in Italy", "en")
    assert await state.outbox.audience(["news"]) == {Rhythm.AT_ONCE: 1}
    assert await state.outbox.announce("news", ["news"]) == 1
    assert await state.outbox.announce("offer", ["news", "offers"], own=[own.id]) == 3
    found = {
        parcel.chat: [(delivery.because, delivery.because_words) for delivery in parcel.deliveries]
        for parcel in await take(state, clock)
    }
    assert found == {
        ANNA: [("everything", None), ("everything", None)],
        BRUNO: [("offers", None)],
        carla: [(f"own:{own.id}", "cars in Italy")],
    }


async def test_the_same_story_does_not_ping_again(state: State, clock: StoppedClock) -> None:
    """Who was owed the story hears of no other source of it, nor of a third; who was not, does."""
    await subscribed(state, ANNA)
    await state.outbox.announce("first")
    await subscribed(state, BRUNO)
    assert await state.outbox.audience(story="first") == {Rhythm.AT_ONCE: 1}
    assert await state.outbox.announce("second", story="first") == 1
    assert await state.outbox.told_of(["first", "second", "third"]) == {"first": None, "second": "first"}
    assert await state.outbox.announce("third", story="first") == 0
    assert told(await take(state, clock)) == [(ANNA, ["first"]), (BRUNO, ["second"])]


async def test_a_second_source_edits_what_was_sent(state: State, clock: StoppedClock) -> None:
    """Who was sent the announcement is owed an edit of that very message, once, with the reason of then."""
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("first")
    [to_anna, to_bruno] = await take(state, clock)
    await state.outbox.settle([(to_anna, Outcome(DeliveryState.SENT, message_id=7_000_000_000)), (to_bruno, SENT)])
    assert await state.outbox.owe_edits("first", "second", at=clock() + timedelta(minutes=10)) == 1
    await state.outbox.owe_edits("first", "second")
    assert await take(state, clock) == ()
    clock.forward(600)
    [parcel] = await take(state, clock)
    [edit] = parcel.deliveries
    assert (parcel.chat, edit.kind, edit.article, edit.about, edit.because, edit.message_id) == (
        ANNA,
        DeliveryKind.SECOND_SOURCE,
        "first",
        "second",
        "everything",
        7_000_000_000,
    )


async def test_what_is_being_sent_is_edited_once_it_has_arrived(
    state: State, others: State, clock: StoppedClock, url: str
) -> None:
    """A message that is on its way as a second source is published names it, too: its edit waits, over a new try as
    well, until it has arrived; of one that never does, nothing is left to edit."""
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("first")
    [to_anna, to_bruno] = await take(state, clock)
    assert await others.outbox.owe_edits("first", "second") == 2
    assert await take(others, clock) == ()
    again = Outcome(DeliveryState.PENDING, due_at=clock() + timedelta(seconds=30))
    refused = Outcome(DeliveryState.FAILED, reason="refused")
    await state.outbox.settle([(to_anna, again), (to_bruno, refused)])
    [nowhere] = await take(state, clock)
    assert (nowhere.chat, nowhere.deliveries[0].message_id) == (BRUNO, None)  # whoever delivers skips it
    clock.forward(30)
    [to_anna] = await take(state, clock)
    assert [delivery.kind for delivery in to_anna.deliveries] == [DeliveryKind.ANNOUNCEMENT]
    await state.outbox.settle([(to_anna, Outcome(DeliveryState.SENT, message_id=7))])
    [parcel] = await take(state, clock)
    [edit] = parcel.deliveries
    assert (edit.kind, edit.about, edit.because, edit.message_id) == (
        DeliveryKind.SECOND_SOURCE,
        "second",
        "everything",
        7,
    )
    query = "SELECT message_id FROM deliveries WHERE kind = 'second_source' ORDER BY chat_id"
    assert rows(url, query) == [(7,), (None,)]


async def test_an_answer_goes_to_whoever_asked(state: State, clock: StoppedClock, url: str) -> None:
    """An answer reaches a chat without a subscription, with the question, which is let go once it was sent."""
    number = await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    for _ in range(2):
        await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(number), None)])
    [parcel] = await take(state, clock)
    [answer] = parcel.deliveries
    assert (parcel.chat, answer.kind, answer.because_words) == (ANNA, DeliveryKind.ANSWER, "When?")
    assert (parcel.language, answer.language) == (None, "en")
    assert number_of(url, "awaited") == 1
    await state.outbox.settle([(parcel, SENT)])
    assert number_of(url, "awaited") == 0


async def test_a_question_is_answered_by_one_article(state: State, others: State, clock: StoppedClock) -> None:
    """Where two processes publish articles that both answer a question, its asker is owed one answer; and another one
    where that has failed."""
    number = await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    rows = [(asked.chat_id, str(number), None)]
    owed = await asyncio.gather(
        *(
            one.outbox.owe(DeliveryKind.ANSWER, f"{slug}-{count}", rows)
            for count in range(4)
            for one, slug in ((state, "first"), (others, "second"))
        )
    )
    assert sorted(owed) == [0] * 7 + [1]
    [parcel] = await take(state, clock)
    [answer] = parcel.deliveries
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED))])
    assert await state.outbox.owe(DeliveryKind.ANSWER, answer.article, rows) == 0
    assert await state.outbox.owe(DeliveryKind.ANSWER, "third", rows) == 1


async def test_what_is_followed_no_more_is_not_sent(state: State, clock: StoppedClock) -> None:
    """An announcement that waits for its digest does not come when its topic was muted meanwhile, by one who follows
    everything, too; one of another topic of theirs does, and so does what was muted for a moment only."""
    for chat in (ANNA, BRUNO):
        await subscribed(state, chat)
        await state.subscriptions.set_rhythm(chat, Rhythm.DAILY)
    await state.subscriptions.set_topics(ANNA, ["offers", "news"])
    for slug, topics in (("cheap", ["offers"]), ("both", ["offers", "news"]), ("depot", ["news"])):
        await state.outbox.announce(slug, topics)
    await state.subscriptions.set_topics(ANNA, [])
    await state.subscriptions.set_topics(ANNA, ["news"])
    await state.subscriptions.set_topics(BRUNO, ["news"])
    clock.forward(86400)
    parcels = await take(state, clock)
    assert {parcel.chat: {one.article for one in parcel.deliveries} for parcel in parcels} == {
        ANNA: {"both", "depot"},
        BRUNO: {"both", "depot"},
    }
    await state.subscriptions.set_topics(ANNA, ["offers"])
    assert await take(state, clock) == ()


async def test_an_edited_digest_knows_all_that_it_told(state: State, clock: StoppedClock) -> None:
    """The edit of a message with several articles carries each of them, with what it came by."""
    await subscribed(state, ANNA)
    await state.subscriptions.set_topics(ANNA, ["offers"])
    own = await state.subscriptions.add_own_topic(ANNA, "cars in Italy", "en")
    await state.outbox.announce("first", ["offers"])
    await state.outbox.announce("other", own=[own.id])
    [parcel] = await take(state, clock)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT, message_id=7))])
    await state.outbox.owe_edits("first", "second")
    [parcel] = await take(state, clock)
    [edit] = parcel.deliveries
    assert [(one.article, one.because, one.because_words) for one in edit.together] == [
        ("first", "offers", None),
        ("other", f"own:{own.id}", "cars in Italy"),
    ]


@pytest.mark.parametrize("reason", [PauseReason.BLOCKED, PauseReason.GONE])
@pytest.mark.parametrize("before", [True, False])
async def test_an_answer_waits_for_who_is_away(
    state: State, clock: StoppedClock, reason: PauseReason, *, before: bool
) -> None:
    """Owed before or while its chat blocks the bot, an answer comes at the return, and an announcement does not."""
    await subscribed(state, ANNA)
    await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    await state.outbox.announce("told")
    if not before:
        await state.subscriptions.pause(ANNA, reason)
    assert await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(asked.id), None)]) == 1
    await state.subscriptions.pause(ANNA, reason)
    assert await take(state, clock) == ()
    await state.subscriptions.resume(ANNA)
    assert told(await take(state, clock)) == [(ANNA, ["news"])]


async def test_an_answer_waits_for_who_proves_to_be_gone(state: State, clock: StoppedClock, url: str) -> None:
    """An answer that finds its chat gone comes at the return, with all its tries before it."""
    await subscribed(state, ANNA)
    await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(asked.id), None)])
    for _ in range(2):
        [parcel] = await take(state, clock)
        assert [one.tries for one in parcel.deliveries] == [0]
        await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, "gone", pause=PauseReason.GONE))])
        assert [one[1] for one in states(url)] == ["pending"]
        assert await take(state, clock) == ()
        await state.subscriptions.resume(ANNA)
    await state.subscriptions.unsubscribe(ANNA)
    [parcel] = await take(state, clock)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, "gone", pause=PauseReason.GONE))])
    assert states(url) == [("1", "failed", "gone")]  # nobody is expected back


async def test_a_rest_is_no_loss(state: State, clock: StoppedClock) -> None:
    """Answers and corrections owed before or during a rest come when it ends, announcements of then do not."""
    await subscribed(state, ANNA)
    for question in ("When?", "Where?"):
        await state.questions.await_answer(ANNA, question, "en")
    first, second = await state.questions.awaited()
    await state.shown.note(ANNA, [("old/p1/s1", "en", "It costs 1.")])

    async def owe(number: int, article: str) -> None:
        chat = first.chat_id
        assert await state.outbox.owe(DeliveryKind.ANSWER, article, [(chat, str(number), None)]) == 1
        assert await state.outbox.owe(DeliveryKind.CORRECTION, article, [(chat, str(number), None)]) == 1

    await state.outbox.announce("told")
    await owe(first.id, "before")
    await state.subscriptions.rest(ANNA, clock() + timedelta(days=30))
    await owe(second.id, "during")
    assert await state.shown.who_saw("old/p1/s1", "en", "It costs 1.") == (first.chat_id,)
    assert await take(state, clock) == ()
    clock.forward(30 * 86400)
    await state.subscriptions.sweep(clock())
    assert told(await take(state, clock)) == [(ANNA, ["before", "before", "during", "during"])]


async def test_an_answer_comes_to_who_left_but_not_to_who_was_forgotten(state: State, clock: StoppedClock) -> None:
    """/unsubscribe takes back the news, not a question that was to be answered later; /forget takes it back too."""
    await subscribed(state, ANNA, BRUNO)
    for chat in (ANNA, BRUNO):
        await state.questions.await_answer(chat, "When?", "en")
    asked = [(one.chat_id, str(one.id), None) for one in await state.questions.awaited()]
    await state.outbox.owe(DeliveryKind.ANSWER, "news", asked)
    await state.outbox.owe(DeliveryKind.CORRECTION, "news", asked)
    await state.subscriptions.rest(ANNA, clock() + timedelta(days=30))
    await state.subscriptions.unsubscribe(ANNA)
    await state.subscriptions.erase(BRUNO)
    [parcel] = await take(state, clock)
    assert [one.kind for one in parcel.deliveries] == [DeliveryKind.ANSWER]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("reason", PauseReason)
async def test_a_correction_waits_for_the_return(
    state: State, clock: StoppedClock, reason: PauseReason, *, before: bool
) -> None:
    """Owed before or during any pause, also one that began as /unsubscribe, a correction comes when the pause is over,
    and not while it lasts: what it puts right was shown."""
    await subscribed(state, ANNA)
    await state.outbox.announce("told")
    rows = [(1, "1", None)]  # 1: the first chat's number
    if before:
        assert await state.outbox.owe(DeliveryKind.CORRECTION, "news", rows) == 1
    match reason:
        case PauseReason.PERSON:
            await state.subscriptions.unsubscribe(ANNA)
        case PauseReason.RESTING:
            await state.subscriptions.unsubscribe(ANNA)
            await state.subscriptions.subscribe(ANNA)
            await state.subscriptions.rest(ANNA, clock() + timedelta(days=20))
        case _:
            await state.subscriptions.pause(ANNA, reason)
    assert await state.outbox.owe(DeliveryKind.CORRECTION, "news", rows) == (0 if before else 1)
    clock.forward(20 * 86400 - 1)
    await state.subscriptions.sweep(clock())
    assert await take(state, clock) == ()
    clock.forward(1)
    if reason is PauseReason.RESTING:
        await state.subscriptions.sweep(clock())
    else:
        await state.subscriptions.subscribe(ANNA)
    assert told(await take(state, clock)) == [(ANNA, ["news"])]


async def test_a_correction_finds_its_chat_gone(state: State, clock: StoppedClock) -> None:
    """A correction that was on its way as its chat proved to be gone comes at the return, an announcement does not."""
    await subscribed(state, ANNA)
    await state.outbox.announce("told")
    await state.outbox.owe(DeliveryKind.CORRECTION, "news", [(1, "1", None)])
    [parcel] = await take(state, clock)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.FAILED, "gone", pause=PauseReason.GONE))])
    assert await take(state, clock) == ()
    await state.subscriptions.resume(ANNA)
    assert told(await take(state, clock)) == [(ANNA, ["news"])]


async def test_a_correction_goes_with_who_left(state: State, clock: StoppedClock, url: str) -> None:
    """Nobody is told of it who has not come back in time: it goes with all else that is kept."""
    await subscribed(state, ANNA)
    await state.outbox.owe(DeliveryKind.CORRECTION, "news", [(1, "1", None)])
    await state.subscriptions.unsubscribe(ANNA)
    clock.forward(30 * 86400)
    await state.subscriptions.sweep(clock())
    assert number_of(url, "deliveries") == number_of(url, "chats") == 0


async def test_what_is_owed_to_nobody(state: State) -> None:
    """Corrections go to subscribers alone, and nothing to chats that were erased."""
    await state.questions.await_answer(ANNA, "When?", "en")
    [asked] = await state.questions.awaited()
    assert await state.outbox.owe(DeliveryKind.CORRECTION, "news", [(asked.chat_id, "1", None)]) == 0
    await state.subscriptions.erase(ANNA)
    assert await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, "1", None)]) == 0


async def test_undone_within_minutes(state: State, clock: StoppedClock) -> None:
    """What is held for ten minutes and withdrawn reaches nobody, and may be announced again."""
    await subscribed(state, ANNA, BRUNO)
    assert await state.outbox.announce("news", at=clock() + timedelta(minutes=10)) == 2
    assert await take(state, clock) == ()
    assert await owed_of(state, "news") == {DeliveryState.PENDING: 2}
    assert await state.outbox.withdraw("news") == 2
    clock.forward(600)
    assert await take(state, clock) == ()
    assert await state.outbox.announce("news") == 2


async def test_withdrawn_while_it_is_sent(state: State, clock: StoppedClock, url: str) -> None:
    """Who may have got it already does not get it again when it is announced again."""
    await subscribed(state, ANNA, BRUNO)
    await state.outbox.announce("news")
    [parcel] = await take(state, clock, limit=1)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.PENDING, due_at=clock() + timedelta(minutes=1)))])
    assert await state.outbox.withdraw("news") == 2
    assert states(url) == [("1", "skipped", "withdrawn")]
    assert await state.outbox.announce("news") == 1


async def test_a_failing_transaction_leaves_nothing(state: State, url: str) -> None:
    """An announcement whose deliveries cannot be written is not announced, and what is told of it names no value."""
    await subscribed(state, ANNA)
    if url.startswith("sqlite"):
        rows(url, "CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    else:
        rows(url, "ALTER TABLE deliveries ADD CONSTRAINT disk_full CHECK (false)")
    with pytest.raises(SQLAlchemyError) as caught:
        await state.outbox.announce("secret")
    assert "disk" in in_one_line(caught.value)
    assert "secret" not in in_one_line(caught.value)
    rows(url, "DROP TRIGGER full" if url.startswith("sqlite") else "ALTER TABLE deliveries DROP CONSTRAINT disk_full")
    assert await state.outbox.announce("secret") == 1


# Sending it


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


# Processes that end


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


# By which topic it still comes


@pytest.mark.parametrize(
    ("before", "topics", "after", "because"),
    [
        (["offers", "sport"], ["offers", "sport"], ["sport"], "sport"),
        (["offers"], ["offers"], ["everything"], "everything"),
        (["everything"], ["offers"], ["offers"], "offers"),
        (["everything"], [], ["offers"], None),
        (["everything"], [], ["everything"], "everything"),
        (["offers"], ["offers"], ["sport"], None),
    ],
)
async def test_what_is_muted_is_not_why_it_comes(
    state: State, clock: StoppedClock, before: list[str], topics: list[str], after: list[str], because: str | None
) -> None:
    """What is owed comes by a topic that is followed when it is due, or not at all; one of no topic is no exception."""
    await subscribed(state, ANNA)
    await state.subscriptions.set_topics(ANNA, before)
    assert await state.outbox.announce("news", topics, at=clock() + timedelta(minutes=10)) == 1
    await state.subscriptions.set_topics(ANNA, after)
    clock.forward(600)
    found = [delivery.because for parcel in await take(state, clock) for delivery in parcel.deliveries]
    assert found == ([] if because is None else [because])


@pytest.mark.parametrize(("labels", "because"), [(["offers"], "offers"), ([], None)])
async def test_an_own_topic_that_is_gone_takes_no_other_with_it(
    state: State, clock: StoppedClock, url: str, labels: list[str], because: str | None
) -> None:
    """An article that is followed by a label as well comes by that one, and is edited by it; else it is skipped."""
    await subscribed(state, ANNA)
    await state.subscriptions.set_topics(ANNA, labels)
    own = await state.subscriptions.add_own_topic(ANNA, "cars", "en")
    assert await state.outbox.announce("news", ["offers"], own=[own.id], at=clock() + timedelta(minutes=10)) == 1
    await state.subscriptions.remove_own_topic(ANNA, own.id)
    clock.forward(600)
    found = [delivery.because for parcel in await take(state, clock) for delivery in parcel.deliveries]
    assert found == ([] if because is None else [because])
    state_of_it = ("sending", None) if because else ("skipped", "followed no more")
    assert states(url) == [("1", *state_of_it)]
    if because:
        assert rows(url, "SELECT because FROM deliveries") == [(because,)]


@pytest.mark.parametrize("removed", [0, 1, 2])
async def test_one_own_topic_of_several_takes_no_article_with_it(
    state: State, clock: StoppedClock, url: str, removed: int
) -> None:
    """An article that belongs to several topics in the person's own words comes by one that is left, and is edited by
    it; not by one that belongs to somebody else, or to which the article does not."""
    await subscribed(state, ANNA, BRUNO)
    for chat in (ANNA, BRUNO):
        await state.subscriptions.set_topics(chat, [])
    topics = [await state.subscriptions.add_own_topic(ANNA, words, "en") for words in ("cars", "Italy", "prices")]
    await state.subscriptions.add_own_topic(BRUNO, "parks", "en")
    other = await state.subscriptions.add_own_topic(BRUNO, "Rome", "en")
    own = [*(topic.id for topic in topics[:2]), other.id]
    assert await state.outbox.announce("news", own=own, at=clock() + timedelta(minutes=10)) == 2
    for topic in topics[:removed]:
        await state.subscriptions.remove_own_topic(ANNA, topic.id)
    clock.forward(600)
    found = {
        parcel.chat: [(delivery.because, delivery.because_words) for delivery in parcel.deliveries]
        for parcel in await take(state, clock)
    }
    kept = topics[removed] if removed < 2 else None
    expected = {} if kept is None else {ANNA: [(f"own:{kept.id}", kept.words)]}
    assert found == {**expected, BRUNO: [(f"own:{other.id}", "Rome")]}
    if kept is not None:
        assert rows(url, "SELECT because FROM deliveries WHERE chat_id = 1") == [(f"own:{kept.id}",)]


# In vain


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
