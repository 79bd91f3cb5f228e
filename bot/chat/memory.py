"""What a conversation remembers of each chat: its language, and for ten minutes its last question.

It lies in this process only, is written nowhere, and is bounded: a fixed number of chats, the longest silent
forgotten first, and a question of bounded length for each.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.answers.answering import LONGEST_QUESTION
from bot.clock import Clock, utc_now
from bot.replies import ChatAddress

T = TypeVar("T")

REMEMBERED = 10_000
"""Chats that are remembered."""
ATTENTION = timedelta(minutes=10)
"""How long a question may be followed up."""


@dataclass(frozen=True, slots=True)
class LastQuestion:
    """The question that a chat asked last, told in full, and the language of its words."""

    text: str = field(repr=False)  # so that no log and no traceback ever shows it
    language: str
    article: str | None = None
    """The slug of the article that it was asked about, where it was one."""


class Memory:
    """Remembers, and forgets. Not for several threads."""

    def __init__(self, now: Clock = utc_now) -> None:
        self._now = now
        self._languages: OrderedDict[ChatAddress, str] = OrderedDict()
        self._questions: OrderedDict[ChatAddress, tuple[datetime, LastQuestion]] = OrderedDict()

    def language_of(self, chat: ChatAddress) -> str | None:
        """The language that this chat wrote in last."""
        return self._languages.get(chat)

    def question_of(self, chat: ChatAddress) -> LastQuestion | None:
        """What this chat asked within the last ten minutes."""
        self._let_go()
        asked = self._questions.get(chat)
        return asked[1] if asked else None

    def heard(self, chat: ChatAddress, language: str) -> None:
        """Keep the language of a message."""
        _keep(self._languages, chat, language)

    def asked(self, chat: ChatAddress, question: LastQuestion) -> None:
        """Keep a question in the place of the one before it; one that is too long is not kept."""
        self._let_go()
        if len(question.text) > LONGEST_QUESTION:
            self._questions.pop(chat, None)
            return
        _keep(self._questions, chat, (self._now(), question))

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """All that is remembered of this chat, each of its topics apart, ready for JSON."""
        self._let_go()
        found: list[dict[str, object]] = []
        for topic in sorted(
            {other for other in (*self._languages, *self._questions) if other.same_chat(chat)}, key=_topic
        ):
            asked = self._questions.get(topic)
            last = {"last_question": asked[1].text} if asked else {}
            if asked and asked[1].article is not None:
                last["asked_about_article"] = asked[1].article
            found.append({"topic": topic.thread, "language": self._languages.get(topic), **last})
        return found

    def forget(self, chat: ChatAddress) -> None:
        """Keep nothing of this chat, all its topics."""
        for kept in (self._languages, self._questions):
            for topic in [other for other in kept if other.same_chat(chat)]:
                del kept[topic]

    def _let_go(self) -> None:
        """Forget every question that is older than ten minutes, of whatever chat. The oldest stand first."""
        now = self._now()
        while self._questions:
            chat, (when, _) = next(iter(self._questions.items()))
            if now - when <= ATTENTION:
                return
            del self._questions[chat]


def _keep(kept: "OrderedDict[ChatAddress, T]", chat: ChatAddress, value: T) -> None:
    kept[chat] = value
    kept.move_to_end(chat)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)


def _topic(chat: ChatAddress) -> int:
    return chat.thread
