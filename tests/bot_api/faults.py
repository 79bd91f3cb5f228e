"""Failures on demand: what the network and Telegram do to a bot on a bad day."""

import threading
from dataclasses import dataclass
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

    def refusal(self) -> Refusal | None:
        """The answer, where this fault is one."""
        if self.code is None:
            return None
        return Refusal(self.code, self.description, retry_after=self.retry_after, migrate_to=self.migrate_to)


def flood(retry_after: int) -> Fault:
    """429, with the seconds to wait."""
    return Fault(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def forbidden(reason: str = "bot was blocked by the user") -> Fault:
    """403."""
    return Fault(403, f"Forbidden: {reason}")


def bad_request(reason: str) -> Fault:
    """400."""
    return Fault(400, f"Bad Request: {reason}")


def migrated(chat_id: int) -> Fault:
    """400, with the number of the supergroup that the group became."""
    reason = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(400, reason, migrate_to=chat_id)


def unauthorized() -> Fault:
    """401: the token was revoked."""
    return Fault(401, "Unauthorized")


def server_error(code: int = 500, description: str = "Internal Server Error") -> Fault:
    """5xx, as the Bot API itself says it."""
    return Fault(code, description)


def bad_gateway() -> Fault:
    """502 with a page of HTML, as the machine in front of the Bot API says it."""
    return Fault(502, "Bad Gateway", body=b"<html><body><h1>502 Bad Gateway</h1></body></html>")


def cut_before() -> Fault:
    """The connection closes before the request was carried out."""
    return Fault(cut=Cut.BEFORE)


def cut_after() -> Fault:
    """The connection closes after the request was carried out."""
    return Fault(cut=Cut.AFTER)


def slow(seconds: float) -> Fault:
    """The request is carried out, late."""
    return Fault(delay=seconds)


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


class Faults:
    """The rules in force; the first that meets a request is spent on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._left: list[int | None] = []  # None: until cleared

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
            return None
