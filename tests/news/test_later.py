"""Tell me when you know: asked for, agreed to, kept once, and never offered where it is not meant."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.answers.answering import Answer, Proof, Refusal, Status
from bot.chat.features import Visitor
from bot.news.later import MOST, Later
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.settings import LANGUAGES, Settings
from bot.state.opening import State, open_state
from bot.texts import say
from tests.answerers import word_library
from tests.articles import article
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.loops import off_the_loop
from tests.test_composing import check_html
from tests.vaults import VAULT

ANNA = Visitor(ChatAddress(Channel.TELEGRAM, "1"))
BRUNO = Visitor(ChatAddress(Channel.TELEGRAM, "2"))
TEXTS = {"en": [["It opens in May.", "It is red."]], "it": [["Apre a maggio, ed è rosso."]]}
DEPOT = article("depot", TEXTS)
REFUSAL = Refusal("When does <it> open?", "en", Status.NOT_STATED, 0.2)
PROOF = Proof(
    "depot/p1/s1",
    "en",
    "It opens in May.",
    "en",
    "It opens in May.",
    "News",
    DEPOT.original.published,
    "Acme",
    None,
    0.9,
)
ANSWER = Answer("When?", "en", "May", 0.9, (PROOF,), (replace(PROOF, id="depot/p1/s2", text="It is red."),))
SAID = Reply("The announcement does not state this.")


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of both."""
    return StoppedClock()


@pytest.fixture
async def state(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[State]:
    """A database of the test's own."""
    async with open_state(Settings(data_dir=tmp_path), VAULT, now=clock) as opened:
        yield opened


@pytest.fixture
def later(state: State, clock: StoppedClock) -> Iterator[Later]:
    """As the bot has it."""
    library = word_library([DEPOT], WordEncoder("opens"))
    with ThreadPoolExecutor(1) as threads:
        yield Later(state.questions, state.shown, off_the_loop(lambda: library), threads, clock)


def pressed(reply: Reply, position: int = 0) -> str:
    """What comes back to the feature when a button of the last row is pressed."""
    kind, _, value = reply.buttons[-1][position].data.partition(":")
    assert kind == "later"
    assert len(reply.buttons[-1][position].data.encode()) <= 64
    return value


async def kept(state: State) -> list[tuple[str, str]]:
    """The questions that wait, and their languages."""
    return [(question.question, question.language) for question in await state.questions.awaited()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_is_kept_with_consent(later: Later, state: State, language: str) -> None:
    """Under a refusal one button; pressed, it says what is kept and for how long; a yes keeps it, in any language."""
    refused = await later.answered(ANNA, replace(REFUSAL, language=language), SAID)
    assert refused == replace(SAID, buttons=((Button(say(language, "button_later"), f"later:{pressed(refused)}"),),))
    [consent] = await later.press(ANNA, language, pressed(refused))
    check_html(consent.html)
    assert "180" in consent.html
    assert "<i>When does &lt;it&gt; open?</i>" in consent.html
    assert await kept(state) == []
    [done] = await later.press(ANNA, language, pressed(consent))
    assert done == Reply(say(language, "later_kept", days=180), edits=True)
    assert await kept(state) == [("When does <it> open?", language)]


async def test_a_no_keeps_nothing(later: Later, state: State) -> None:
    """Neither in the database nor in memory: the buttons mean nothing any more."""
    refused = await later.answered(ANNA, REFUSAL, SAID)
    [consent] = await later.press(ANNA, "en", pressed(refused))
    assert await later.press(ANNA, "en", pressed(consent, 1)) == [Reply(say("en", "later_not"), edits=True)]
    for data in (pressed(refused), pressed(consent)):
        assert await later.press(ANNA, "en", data) == [Reply(say("en", "old_button"))]
    assert await kept(state) == []


async def test_a_second_yes_keeps_it_no_second_time(later: Later, state: State) -> None:
    """A button that is pressed twice says that it is old."""
    refused = await later.answered(ANNA, REFUSAL, SAID)
    [consent] = await later.press(ANNA, "en", pressed(refused))
    await later.press(ANNA, "en", pressed(consent))
    assert await later.press(ANNA, "en", pressed(consent)) == [Reply(say("en", "old_button"))]
    assert len(await kept(state)) == 1


@pytest.mark.parametrize("again", ["When does <it> open?", "when does it open", " WHEN does  <it> open ?!"])
async def test_the_same_question_is_kept_once(later: Later, state: State, again: str) -> None:
    """Asked and agreed to a second time, it is said to be kept; another chat's is kept."""
    await state.questions.await_answer(ANNA.chat, REFUSAL.question, "en")
    for visitor, text in ((ANNA, say("en", "later_kept_already")), (BRUNO, say("en", "later_kept", days=180))):
        refused = await later.answered(visitor, replace(REFUSAL, question=again), SAID)
        [consent] = await later.press(visitor, "en", pressed(refused))
        assert await later.press(visitor, "en", pressed(consent)) == [Reply(text, edits=True)]
    assert await kept(state) == [(REFUSAL.question, "en"), (again, "en")]


async def test_a_question_is_held_in_memory_for_half_an_hour(later: Later, clock: StoppedClock) -> None:
    """After that, after /forget, or in another chat, the button is too old."""
    refused = await later.answered(ANNA, REFUSAL, SAID)
    assert await later.press(BRUNO, "en", pressed(refused)) == [Reply(say("en", "old_button"))]
    clock.forward(timedelta(minutes=31).total_seconds())
    assert await later.press(ANNA, "en", pressed(refused)) == [Reply(say("en", "old_button"))]
    again = await later.answered(ANNA, REFUSAL, SAID)
    holds = later.feature.holds
    assert holds is not None
    holds.forget(ANNA.chat)
    assert await later.press(ANNA, "en", pressed(again)) == [Reply(say("en", "old_button"))]


async def test_more_than_ten_are_not_kept(later: Later, state: State) -> None:
    """The eleventh question of a chat is refused in one line; another chat's is kept."""
    for number in range(MOST):
        await state.questions.await_answer(ANNA.chat, f"Question {number}?", "en")
    for visitor, text in ((ANNA, say("en", "later_full", count=MOST)), (BRUNO, say("en", "later_kept", days=180))):
        refused = await later.answered(visitor, REFUSAL, SAID)
        [consent] = await later.press(visitor, "en", pressed(refused))
        assert await later.press(visitor, "en", pressed(consent)) == [Reply(text, edits=True)]
    assert len(await kept(state)) == MOST + 1


@pytest.mark.parametrize(
    ("visitor", "refusal"),
    [
        (ANNA, replace(REFUSAL, status=Status.OFF_TOPIC)),
        (ANNA, replace(REFUSAL, status=Status.SMALLTALK)),
        (replace(ANNA, private=False), REFUSAL),
    ],
)
async def test_it_is_not_offered_everywhere(later: Later, visitor: Visitor, refusal: Refusal) -> None:
    """No announcement will answer what is about something else; and in a group nobody agrees for the others."""
    assert await later.answered(visitor, refusal, SAID) == SAID


@pytest.mark.parametrize("data", ["", "yes", "yes:", "ask:0123456789abcdef", "no:x", ":::"])
async def test_data_that_means_nothing(later: Later, data: str) -> None:
    """Whatever comes back with a button, an old one is called old."""
    assert await later.press(ANNA, "de", data) == [Reply(say("de", "old_button"))]


async def test_what_subscribers_are_shown_is_noted(later: Later, state: State) -> None:
    """Each sentence of an answer, as it was shown; of people who do not subscribe nothing."""
    await state.subscriptions.subscribe(ANNA.chat)
    for visitor in (ANNA, BRUNO):
        assert await later.answered(visitor, ANSWER, SAID) == SAID
    for sentence in DEPOT.original.sentences:
        assert len(await state.shown.who_saw(sentence.id, "en", sentence.text)) == 1


async def test_a_paragraph_that_stands_for_a_sentence(later: Later, state: State) -> None:
    """Where an edition has no sentence that says the same, all of the paragraph was shown."""
    await state.subscriptions.subscribe(ANNA.chat)
    paragraph = replace(PROOF, text="It opens in May. It is red.")
    await later.answered(ANNA, Answer("?", "en", None, 0.9, (paragraph,)), SAID)
    for sentence in DEPOT.original.sentences:
        assert len(await state.shown.who_saw(sentence.id, "en", sentence.text)) == 1


async def test_an_answer_is_given_though_it_cannot_be_noted(
    later: Later, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble of the database costs a correction some day, but no answer now."""

    async def broken(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(state.shown, "note", broken)
    assert await later.answered(ANNA, ANSWER, SAID) == SAID
