"""Failures on demand: what the network and Telegram do to a bot on a bad day."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from .model import Refusal

ANY = "*"


class Cut(Enum):
    """When the connection is closed without an answer."""

    NEVER = "never"
    BEFORE = "before"  # the request was never seen
    AFTER = "after"  # the request was carried out, the bot cannot know


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: first the delay, then the cut or the answer."""

    code: int | None = None
    description: str = ""
    retry_after: int | None = None
    migrate_to: int | None = None
    cut: Cut = Cut.NEVER
    delay: float = 0.0  # seconds
    body: bytes | None = None  # an answer that is no JSON
    everywhere: bool = False  # a 429 that is meant for all that the bot sends
    name: str = ""  # what it is counted as

    def refusal(self) -> Refusal | None:
        """The answer, where this fault is one."""
        if self.code is None:
            return None
        return Refusal(self.code, self.description, retry_after=self.retry_after, migrate_to=self.migrate_to)


def flood(retry_after: int, *, everywhere: bool = False) -> Fault:
    """429, with the seconds to wait: in this chat, or everywhere."""
    reason = f"Too Many Requests: retry after {retry_after}"
    name = "429 to all" if everywhere else "429"
    return Fault(429, reason, retry_after=retry_after, everywhere=everywhere, name=name)


def forbidden(reason: str = "bot was blocked by the user") -> Fault:
    """403."""
    return Fault(403, f"Forbidden: {reason}", name=reason)


def bad_request(reason: str) -> Fault:
    """400."""
    return Fault(400, f"Bad Request: {reason}", name=reason)


def deactivated() -> Fault:
    """403: the account is no more."""
    return forbidden("user is deactivated")


def chat_not_found() -> Fault:
    """400: the person never wrote to the bot, or the chat is no more."""
    return bad_request("chat not found")


def no_rights() -> Fault:
    """400: in this group or channel the bot may not write."""
    return bad_request("not enough rights to send text messages to the chat")


def not_modified() -> Fault:
    """400: an edit that would change nothing."""
    same = "specified new message content and reply markup are exactly the same"
    return bad_request(f"message is not modified: {same} as a current content and reply markup of the message")


def no_message_to_edit() -> Fault:
    """400: the message was deleted."""
    return bad_request("message to edit not found")


def no_thread() -> Fault:
    """400: the forum topic was deleted."""
    return bad_request("message thread not found")


def conflict() -> Fault:
    """409: somebody else polls with this token."""
    return Fault(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )


def migrated(chat_id: int) -> Fault:
    """400, with the number of the supergroup that the group became."""
    reason = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(400, reason, migrate_to=chat_id, name="migrated")


def unauthorized() -> Fault:
    """401: the token was revoked."""
    return Fault(401, "Unauthorized")


def server_error(code: int = 500, description: str = "Internal Server Error") -> Fault:
    """5xx, as the Bot API itself says it."""
    return Fault(code, description, name=str(code))


def bad_gateway() -> Fault:
    """502 with a page of HTML, as the machine in front of the Bot API says it."""
    return Fault(502, "Bad Gateway", body=b"<html><body><h1>502 Bad Gateway</h1></body></html>", name="502 in HTML")


def cut_before() -> Fault:
    """The connection closes before the request was carried out."""
    return Fault(cut=Cut.BEFORE, name="cut before")


def cut_after() -> Fault:
    """The connection closes after the request was carried out."""
    return Fault(cut=Cut.AFTER, name="cut after")


def slow(seconds: float) -> Fault:
    """The request is carried out, late."""
    return Fault(delay=seconds, name="slow")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests meet a fault: of one method or ANY, in one chat or all of them."""

    method: str
    fault: Fault
    chat_id: int | None = None

    def meets(self, method: str, chat_id: int | None) -> bool:
        """Whether this request is one of them."""
        same_method = self.method in (ANY, method) or self.method.lower() == method.lower()
        return same_method and self.chat_id in (None, chat_id)


@dataclass(slots=True)
class Shower:
    """Faults at random, each of them at this share of the requests of these methods.

    What a request meets depends on the seed, its method, its chat and how often the chat was asked before, and on no
    clock: whatever order the requests come in, the same seed gives the same faults.
    """

    faults: tuple[Fault, ...]
    share: float
    seed: int
    methods: tuple[str, ...] = ("sendMessage",)
    _asked: Counter[tuple[str, int | None]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """The shares must leave room for requests that pass."""
        if len(self.faults) * self.share > 1:
            raise ValueError(f"{len(self.faults)} faults cannot each meet {self.share:.0%} of the requests")

    def draw(self, method: str, chat_id: int | None) -> Fault | None:
        """What this request meets, if anything."""
        if method not in self.methods:
            return None
        self._asked[method, chat_id] += 1
        key = f"{self.seed} {method} {chat_id} {self._asked[method, chat_id]}"
        place = int(random.Random(key).random() / self.share) if self.share else len(self.faults)  # noqa: S311  # no secret
        return self.faults[place] if place < len(self.faults) else None


class Faults:
    """The rules in force; the first that meets a request is spent on it. Then what the showers have for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._left: list[int | None] = []  # None: until cleared
        self._showers: tuple[Shower, ...] = ()

    def rain(self, *showers: Shower) -> None:
        """Let faults fall at random, until cleared; of several showers the first that has one for a request."""
        with self._lock:
            self._showers = showers

    def add(self, rule: Rule, times: int | None) -> None:
        """Put a rule in force for so many requests."""
        with self._lock:
            self._rules.append(rule)
            self._left.append(times)

    def clear(self) -> None:
        """Let every request pass again."""
        with self._lock:
            self._rules.clear()
            self._left.clear()
            self._showers = ()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            for place, rule in enumerate(self._rules):
                if rule.meets(method, chat_id):
                    left = self._left[place]
                    if left == 1:
                        del self._rules[place], self._left[place]
                    elif left is not None:
                        self._left[place] = left - 1
                    return rule.fault
            drawn = (shower.draw(method, chat_id) for shower in self._showers)
            return next((fault for fault in drawn if fault is not None), None)
