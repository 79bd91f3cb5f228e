"""Senders for tests: one that keeps messages in a list, and a Bot API of canned answers under the real library."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot
from telegram.request import BaseRequest, RequestData

from bot.errors import SendError
from bot.replies import ChatAddress, Reply

Timeout = object
"""The library passes numbers, None, or its own sign for none given."""

TOKEN = "123456:test"  # noqa: S105  (the form of a token, good for nothing)


@dataclass
class MemorySender:
    """Takes every message, or raises the next error that was put in `errors` for its chat."""

    taken: list[tuple[ChatAddress, Reply]] = field(default_factory=list)
    errors: dict[ChatAddress, deque[SendError]] = field(default_factory=dict)

    def fail(self, chat: ChatAddress, *errors: SendError) -> None:
        """The next messages to this chat end in these errors, one each."""
        self.errors.setdefault(chat, deque()).extend(errors)

    async def send(self, chat: ChatAddress, reply: Reply) -> None:
        """Keep the message."""
        if self.errors.get(chat):
            raise self.errors[chat].popleft()
        self.taken.append((chat, reply))


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
        message = {"message_id": len(self.calls), "date": 1758704400, "chat": chat, "text": call["text"]}
        return 200, json.dumps({"ok": True, "result": message}).encode()


def canned_bot() -> tuple[Bot, CannedBotApi]:
    """A real Bot, and the answers that it will get."""
    api = CannedBotApi()
    return Bot(TOKEN, request=api, get_updates_request=CannedBotApi()), api
