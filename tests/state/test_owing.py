"""What is owed to whom: each thing once, and only while it is wanted."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.replies import Channel, ChatAddress
from bot.state.database import in_one_line
from bot.state.deliveries import Outcome
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm
from bot.state.opening import State
from tests.clocks import StoppedClock
from tests.state.delivering import ANNA, BRUNO, SENT, subscribed, take, told
from tests.state.looking import number_of, owed_of, rows, states


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
