"""Senders for tests: one that keeps messages in a list, and a Bot API of canned answers under the real library."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

from bot.errors import SendError
from bot.replies import ChatAddress, Lane, Reply
from bot.telegram.limiter import TwoLanes

Timeout = object
"""The library passes numbers, None, or its own sign for none given."""

TOKEN = "123456:test"  # noqa: S105  (the form of a token, good for nothing)


@dataclass
class MemorySender:
    """Takes every message, or raises the next error that was put in `errors` for its chat."""

    taken: list[tuple[ChatAddress, Reply]] = field(default_factory=list)
    edited: list[tuple[ChatAddress, int, Reply]] = field(default_factory=list)
    errors: dict[ChatAddress, deque[SendError]] = field(default_factory=dict)

    def fail(self, chat: ChatAddress, *errors: SendError) -> None:
        """The next messages to this chat end in these errors, one each."""
        self.errors.setdefault(chat, deque()).extend(errors)

    async def send(
        self,
        chat: ChatAddress,
        reply: Reply,
        *,
        reply_to: int | None = None,  # noqa: ARG002  (the signature of Sender, here and below)
        lane: Lane = Lane.ANSWERS,  # noqa: ARG002
    ) -> int:
        """Keep the message; they are numbered from 1."""
        self._raise(chat)
        self.taken.append((chat, reply))
        return len(self.taken)

    async def edit(
        self,
        chat: ChatAddress,
        message_id: int,
        reply: Reply,
        *,
        lane: Lane = Lane.ANSWERS,  # noqa: ARG002
    ) -> bool:
        """Keep the new version; False where the message says it already."""
        self._raise(chat)
        versions = [version for (_, number, version) in self.edited if number == message_id]
        before = versions[-1] if versions else self.taken[message_id - 1][1]
        self.edited.append((chat, message_id, reply))
        return before != reply

    def _raise(self, chat: ChatAddress) -> None:
        if self.errors.get(chat):
            raise self.errors[chat].popleft()


class CannedBotApi(BaseRequest):
    """Answers every call of the library from `answers`, else as Telegram does when it takes a message."""

    def __init__(self) -> None:
        self.answers: deque[tuple[int, bytes] | Exception] = deque()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def refuse(self, code: int, description: str, **parameters: int) -> None:
        """The next call is answered with this error of the Bot API."""
        answer: dict[str, object] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            answer["parameters"] = parameters
        self.answers.append((code, json.dumps(answer).encode()))

    @property
    def read_timeout(self) -> float | None:
        """No call takes any time."""
        return None

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """There is nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Timeout = None,  # noqa: ARG002  (the library's signature, here and below)
        write_timeout: Timeout = None,  # noqa: ARG002
        connect_timeout: Timeout = None,  # noqa: ARG002
        pool_timeout: Timeout = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Note the call and give the next answer."""
        assert method == "POST"
        call = dict(request_data.parameters) if request_data else {}
        self.calls.append((url.rpartition("/")[2], call))
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        chat = {"id": call["chat_id"], "type": "private"}
        message = {"message_id": len(self.calls), "date": 1758704400, "chat": chat, "text": call.get("text", "")}
        return 200, json.dumps({"ok": True, "result": message}).encode()


class HastyTime:
    """Time that passes as soon as somebody waits, and is noted."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait no time at all."""
        self.now += seconds + 1e-6  # or a sum could stay just below the moment that is waited for
        self.waits.append(seconds)


def hasty_limiter(time: HastyTime | None = None) -> TwoLanes:
    """A rate limiter that nobody waits for."""
    time = time or HastyTime()
    return TwoLanes(clock=time, sleep=time.sleep, jitter=lambda: 0.0)


def canned_bot(time: HastyTime | None = None) -> tuple[ExtBot[Lane], CannedBotApi]:
    """A real bot in which nobody waits, and the answers that it will get."""
    api = CannedBotApi()
    return ExtBot(TOKEN, request=api, get_updates_request=CannedBotApi(), rate_limiter=hasty_limiter(time)), api
