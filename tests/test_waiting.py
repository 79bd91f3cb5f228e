"""What a person was asked for a moment ago."""

import weakref

import pytest

from bot.chat.waiting import PATIENCE, Waiting
from bot.replies import Channel, ChatAddress
from tests.clocks import StoppedClock

ANNA = ChatAddress(Channel.TELEGRAM, "1")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")


class Words(str):
    """Words whose end can be seen."""

    __slots__ = ("__weakref__",)


def test_a_thing_is_taken_once() -> None:
    """By its chat and key alone; a second thing takes the place of the first."""
    waiting: Waiting[str] = Waiting("thing", StoppedClock())
    waiting.put(ANNA, 7, "city")
    waiting.put(ANNA, 7, "hours")
    assert (waiting.take(BRUNO, 7), waiting.take(ANNA, 8)) == (None, None)
    assert (waiting.take(ANNA, 7), waiting.take(ANNA, 7)) == ("hours", None)


def test_patience_has_an_end() -> None:
    """After half an hour nothing is waited for."""
    clock = StoppedClock()
    waiting: Waiting[str] = Waiting("thing", clock)
    waiting.put(ANNA, 7, "city")
    clock.forward(PATIENCE.total_seconds() - 1)
    waiting.put(BRUNO, 7, "city")
    clock.forward(1)
    assert (waiting.take(ANNA, 7), waiting.take(BRUNO, 7)) == (None, "city")


def test_nothing_is_held_longer() -> None:
    """What nobody takes is let go of by whatever is put or taken after its time."""
    clock, words = StoppedClock(), Words("a question")
    waiting: Waiting[Words] = Waiting("thing", clock)
    held = weakref.ref(words)
    waiting.put(ANNA, 7, words)
    del words
    clock.forward(PATIENCE.total_seconds())
    waiting.take(BRUNO, 7)
    assert held() is None


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too much, what has waited longest is dropped."""
    monkeypatch.setattr("bot.chat.waiting.WAITED_FOR", 2)
    waiting: Waiting[int] = Waiting("thing", StoppedClock())
    for key in range(3):
        waiting.put(ANNA, key, key)
    assert [waiting.take(ANNA, key) for key in range(3)] == [None, 1, 2]


def test_what_waits_is_told() -> None:
    """By the name of its kind, of all threads of a chat; what is waited for no longer is not."""
    clock = StoppedClock()
    waiting: Waiting[int] = Waiting("draft", clock, shown=lambda number: f"No. {number}")
    waiting.put(ANNA, 7, 1)
    clock.forward(PATIENCE.total_seconds())
    waiting.put(ANNA, 8, 2)
    waiting.put(ChatAddress(Channel.TELEGRAM, "1", 12), 8, 3)
    waiting.put(BRUNO, 8, 4)
    assert waiting.everything_of(ANNA) == [{"topic": 0, "draft": "No. 2"}, {"topic": 12, "draft": "No. 3"}]


def test_a_chat_is_forgotten_with_its_topics() -> None:
    """All threads of it, and no other chat."""
    waiting: Waiting[str] = Waiting("thing", StoppedClock())
    for chat in (ANNA, ChatAddress(Channel.TELEGRAM, "1", 12), BRUNO):
        waiting.put(chat, 7, "city")
    waiting.forget(ANNA)
    assert waiting.take(ChatAddress(Channel.TELEGRAM, "1", 12), 7) is None
    assert (waiting.take(ANNA, 7), waiting.take(BRUNO, 7)) == (None, "city")
