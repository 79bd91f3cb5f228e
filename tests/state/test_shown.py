"""What subscribers were shown, what became of it, and what operators keep."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.drafts import KeptDraft
from bot.state.opening import State, open_state
from bot.state.watched import Watch
from tests.clocks import StoppedClock
from tests.state.looking import number_of, rows
from tests.vaults import VAULT

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
SENTENCE = "news/p1/s1"


async def test_only_what_subscribers_were_shown(state: State, url: str) -> None:
    """Of a chat without an active subscription nothing is noted, and no text is kept of anybody."""
    await state.shown.note(ANNA, [(SENTENCE, "en", "It costs 1.")])
    await state.subscriptions.choose_language(ANNA, "en")
    await state.shown.note(ANNA, [(SENTENCE, "en", "It costs 1.")])
    assert number_of(url, "shown") == 0
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [(SENTENCE, "en", "It costs 1.")])
    assert number_of(url, "shown") == 1
    assert "costs" not in str(rows(url, "SELECT * FROM shown"))


async def test_an_answer_to_who_has_no_subscription_is_not_noted(state: State, url: str) -> None:
    """Who only waited for an answer is never told of corrections, so that nothing is kept of what they were shown."""
    await state.questions.await_answer(ANNA, "What does it cost?", "en")
    await state.subscriptions.subscribe(BRUNO)
    await state.subscriptions.unsubscribe(BRUNO)
    await state.shown.note_all([(number, SENTENCE, "en", "It costs 1.") for number in (2, 1)])
    assert rows(url, "SELECT chat_id FROM shown") == [(2,)]


async def test_who_saw_that_very_text(state: State) -> None:
    """Those who were shown it last in these words, in this language, paused ones too."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat)
    await state.shown.note(ANNA, [(SENTENCE, "en", "It costs 1."), (SENTENCE, "it", "Costa 1.")])
    await state.shown.note(BRUNO, [(SENTENCE, "en", "It costs 1.")])
    assert await state.shown.who_saw(SENTENCE, "en", "It costs 1.") == (1, 2)
    assert await state.shown.who_saw(SENTENCE, "it", "Costa 1.") == (1,)
    assert await state.shown.who_saw(SENTENCE, "en", "It costs 2.") == ()
    await state.shown.note(ANNA, [(SENTENCE, "en", "It costs 2.")])
    assert await state.shown.who_saw(SENTENCE, "en", "It costs 1.") == (2,)
    await state.subscriptions.unsubscribe(BRUNO)  # told at the return
    assert await state.shown.who_saw(SENTENCE, "en", "It costs 1.") == (2,)


async def test_nothing_is_noted_of_the_erased(state: State, url: str) -> None:
    """What was sent to a chat that was erased meanwhile is not noted, and of the others it is."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat)
    await state.subscriptions.erase(ANNA)
    await state.shown.note_all([(1, SENTENCE, "en", "It costs 1."), (2, SENTENCE, "en", "It costs 1.")])
    assert rows(url, "SELECT chat_id FROM shown") == [(2,)]
    await state.shown.note_all([(1, SENTENCE, "en", "It costs 1.")])
    assert number_of(url, "shown") == 1


async def test_a_correction_is_made_once(state: State) -> None:
    """The same change of a sentence is one correction, another change is another."""
    first = await state.shown.correct("news", SENTENCE, "en", "It costs 1.", "It costs 2.")
    assert await state.shown.correct("news", SENTENCE, "en", "It costs 1.", "It costs 2.") == first
    gone = await state.shown.correct("news", SENTENCE, "en", "It costs 2.", None)
    assert gone.id != first.id
    assert await state.shown.correct("news", SENTENCE, "en", "It costs 2.", None) == gone
    assert await state.shown.correction(gone.id) == gone
    assert await state.shown.correction(99) is None


async def test_a_correction_that_waited_says_what_is_stated_by_now(state: State) -> None:
    """Told after two changes, it is of the first and of the last; where that is the same, there is none."""
    first = await state.shown.correct("news", SENTENCE, "en", "1", "2")
    assert await state.shown.correction(first.id) == first
    second = await state.shown.correct("news", "news/p9/s1", "en", "2", "3")
    await state.shown.correct("news", SENTENCE, "it", "3", "4")
    assert await state.shown.correction(first.id) == replace(first, now="3")
    assert await state.shown.correction(second.id) == second
    await state.shown.correct("news", SENTENCE, "en", "3", "1")
    assert await state.shown.correction(first.id) is None
    await state.shown.correct("news", SENTENCE, "en", "1", None)
    assert await state.shown.correction(first.id) == replace(first, now=None)


async def test_a_change_back_is_another_correction(state: State) -> None:
    """What a sentence states again after it stated something else is corrected anew; only the latest is the same."""
    numbers = [
        (await state.shown.correct("news", SENTENCE, "en", was, now)).id
        for was, now in (("1", "2"), ("2", "1"), ("1", "2"), ("1", "2"))
    ]
    assert len(set(numbers[:3])) == 3
    assert numbers[3] == numbers[2]
    other = await state.shown.correct("news", SENTENCE, "it", "1", "2")
    assert (await state.shown.correct("news", SENTENCE, "en", "1", "2")).id == numbers[2] != other.id


async def test_two_processes_make_one_correction(state: State, others: State) -> None:
    """Where both see the same change at once, it is one."""
    made = await asyncio.gather(
        *(one.shown.correct("news", SENTENCE, "en", "1", "2") for one in (state, others) for _ in range(4))
    )
    assert len({correction.id for correction in made}) == 1


async def test_of_two_admins_one_decides(state: State, others: State, clock: StoppedClock) -> None:
    """A draft changes its state for one of those who change it at once."""
    made = await state.drafts.add("news", "{}", "waiting")
    assert await state.drafts.get(made.id) == made == KeptDraft(made.id, "news", "{}", clock(), None, "waiting")
    later = clock() + timedelta(minutes=10)
    assert await state.drafts.change(made.id, was="waiting", state="held", payload="{1}", publish_at=later) is True
    assert await others.drafts.change(made.id, was="waiting", state="discarded") is False
    [held] = await state.drafts.in_state("held")
    assert (held.payload, held.slug, held.publish_at) == ("{1}", "news", later)
    assert await state.drafts.in_state("waiting", "discarded") == ()
    assert await state.drafts.get(99) is None


async def test_what_a_source_said(state: State, clock: StoppedClock) -> None:
    """Of each watched source the last is remembered."""
    assert await state.watched.get("https://example.org/feed") is None
    first = Watch("https://example.org/feed", clock(), etag='"1"')
    await state.watched.put(first)
    assert await state.watched.get(first.place) == first
    second = Watch("https://example.org/feed", clock(), last_modified="today", failures=2)
    await state.watched.put(second)
    assert await state.watched.get(first.place) == second


async def test_numbers_are_written_now_and_then(state: State, clock: StoppedClock, url: str) -> None:
    """Counting waits for company, at most ten seconds, and reading writes what waits; days are apart."""
    await state.counts.add("questions")
    await state.counts.add("questions", 2)
    assert number_of(url, "counts") == 0
    assert await state.counts.since(date(2025, 9, 24)) == {date(2025, 9, 24): {"questions": 3}}
    clock.forward(10)
    await state.counts.add("questions")
    assert rows(url, "SELECT value FROM counts") == [(4,)]
    clock.forward(86400)
    await state.counts.add("refusals")
    assert await state.counts.since(date(2025, 9, 25)) == {date(2025, 9, 25): {"refusals": 1}}


async def test_no_number_is_lost_in_a_silence(settings: Settings, clock: StoppedClock, url: str) -> None:
    """What nobody asks anything after is written by the next sweep, and what is counted after that, at the end."""
    async with open_state(settings, VAULT, now=clock) as state:
        await state.counts.add("questions")
        await state.counts.asked(ANNA)
        clock.forward(3600)
        await state.sweep(clock())
        assert rows(url, "SELECT value FROM counts") == [(1,)]
        assert number_of(url, "refusals") == 1
        await state.counts.add("questions")
        await state.counts.add("questions")
    assert rows(url, "SELECT value FROM counts") == [(3,)]


async def test_everybody_counts_once_a_month(state: State) -> None:
    """Whoever asks several times in vain near a sentence is one of those who did."""
    for number in range(6):
        chat = ChatAddress(Channel.TELEGRAM, str(number))
        await state.counts.asked(chat)
        for _ in range(2):
            await state.counts.refused(chat, SENTENCE)
        if number < 4:
            await state.counts.refused(chat, "news/p2/s1")
    of_months = await state.counts.askers(date(2025, 9, 1), date(2025, 9, 30))
    assert {near: len(who) for near, who in of_months["2025-09"].items()} == {
        "": 6,
        SENTENCE: 6,
        "news/p2/s1": 4,
    }
