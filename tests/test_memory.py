"""What a conversation remembers: little, for a short time, and nothing outside the process."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.answering import LONGEST_QUESTION
from bot.chat.memory import ATTENTION, LastQuestion, Memory
from bot.replies import Channel, ChatAddress
from tests.clocks import StoppedClock

WHEN = LastQuestion("When does it open?", "en")
WHERE = LastQuestion("Dove?", "it")


def chat(number: int, thread: int = 0) -> ChatAddress:
    """A chat, or a topic in it."""
    return ChatAddress(Channel.TELEGRAM, str(number), thread)


def test_the_last_question_is_remembered_for_ten_minutes() -> None:
    """Up to the tenth minute a question can be followed up; after it, it is gone, but the language stays."""
    clock = StoppedClock()
    memory = Memory(clock)
    memory.heard(chat(1), "en")
    memory.asked(chat(1), WHEN)
    clock.forward(ATTENTION.total_seconds())
    assert memory.question_of(chat(1)) == WHEN
    clock.forward(1)
    assert memory.question_of(chat(1)) is None
    assert memory.language_of(chat(1)) == "en"


def test_a_question_takes_the_place_of_the_last() -> None:
    """One question a chat, and ten minutes from the last one; chats and topics are apart."""
    clock = StoppedClock()
    memory = Memory(clock)
    memory.asked(chat(1), WHEN)
    clock.forward(500)
    memory.asked(chat(1), WHERE)
    memory.asked(chat(1, thread=7), WHEN)
    clock.forward(500)
    assert memory.question_of(chat(1)) == WHERE
    assert memory.question_of(chat(1, thread=7)) == WHEN
    assert memory.question_of(chat(2)) is None


def test_forgetting() -> None:
    """What is forgotten is gone at once, of that chat alone; forgetting nothing is no error."""
    memory = Memory(StoppedClock())
    for number in (1, 2):
        memory.heard(chat(number), "en")
        memory.asked(chat(number), WHEN)
    memory.forget(chat(1))
    memory.forget(chat(3))
    assert (memory.question_of(chat(1)), memory.language_of(chat(1))) == (None, None)
    assert (memory.question_of(chat(2)), memory.language_of(chat(2))) == (WHEN, "en")


def test_a_chat_is_forgotten_with_all_its_topics() -> None:
    """What is told and forgotten of a group is that of all its topics, whichever it was asked for in."""
    memory = Memory(StoppedClock())
    for thread in (0, 7):
        memory.heard(chat(1, thread), "en")
    memory.heard(chat(2), "it")
    memory.asked(chat(1, 7), WHERE)
    memory.asked(chat(1, 8), replace(WHEN, article="fair"))
    assert memory.everything_of(chat(1, 9)) == [
        {"topic": 0, "language": "en"},
        {"topic": 7, "language": "en", "last_question": "Dove?"},
        {"topic": 8, "language": None, "last_question": "When does it open?", "asked_about_article": "fair"},
    ]
    memory.forget(chat(1, 9))
    assert memory.everything_of(chat(1)) == []
    assert memory.everything_of(chat(2)) == [{"topic": 0, "language": "it"}]


def test_whoever_speaks_lets_all_that_is_old_go() -> None:
    """A question that nobody follows up does not lie there until somebody does: any chat's message clears it away."""
    clock = StoppedClock()
    memory = Memory(clock)
    memory.asked(chat(1), WHEN)
    clock.forward(601)
    memory.asked(chat(2), WHEN)
    clock.forward(-601)  # as if no time had passed
    assert memory.question_of(chat(1)) is None


def test_a_question_never_stands_in_a_log() -> None:
    """Whatever prints what is remembered prints no question."""
    assert "open" not in repr(WHEN)


def test_what_is_too_long_is_not_remembered() -> None:
    """A chat takes a bounded number of bytes; the question before a monster is not the last one any more."""
    memory = Memory(StoppedClock())
    memory.asked(chat(1), WHEN)
    memory.asked(chat(1), LastQuestion("x" * (LONGEST_QUESTION + 1), "en"))
    assert memory.question_of(chat(1)) is None


_STEPS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 700), st.booleans()), max_size=60)


@settings(max_examples=100, deadline=None)
@given(_STEPS)
def test_memory_is_bounded_and_the_longest_silent_go_first(steps: list[tuple[int, int, bool]]) -> None:
    """However many chats speak in whatever order, only the last few that spoke are remembered."""
    clock = StoppedClock()
    memory = Memory(clock)
    spoken: list[int] = []
    asked: list[tuple[int, float]] = []
    passed = 0.0
    with patch("bot.chat.memory.REMEMBERED", 3):
        for number, seconds, asks in steps:
            clock.forward(seconds)
            passed += seconds
            memory.heard(chat(number), "en")
            spoken = [*(other for other in spoken if other != number), number][-3:]
            if asks:
                memory.asked(chat(number), WHEN)
                asked = [*((other, when) for other, when in asked if other != number), (number, passed)][-3:]
    fresh = {number for number, when in asked if passed - when <= ATTENTION.total_seconds()}
    assert {number for number in range(1, 10) if memory.language_of(chat(number))} == set(spoken)
    assert {number for number in range(1, 10) if memory.question_of(chat(number))} == fresh
