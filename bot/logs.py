"""Logging: one line an event on standard error, without secrets, texts or anybody's number.

What is logged while a chat is served carries a tag in its place: a keyed hash, so that lines of one chat can be read
together, and whose chat it is cannot be told without the key.
"""

import logging
import re
import traceback
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telegram import Update

_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{4,}")
"""What a bot token looks like, also behind the "bot" of an address; the port behind an address looks otherwise."""
_NUMBER = re.compile(r"(?<!\w)(?<!\d\.)-?\d{6,}(?!\w|\.\d)")
"""What the number of a chat or of a person looks like; ports and times are shorter, hashes have letters in them."""

_OURS = ("bot", "corpus", "index")
"""The packages that may speak below a warning: of libraries, one logs the token there, another the chats."""
_SPOKEN = ("bot", "corpus", "index", "telegram", "httpx")
"""The packages whose errors say in words what went wrong, and never what a person wrote."""

_PLACE = "\0"
"""Where the tag goes, once all that looks like a number is taken out: some tags are nothing but digits."""
_tag: ContextVar[str | None] = ContextVar("tag of the chat that is being served", default=None)


def tag_lines(tag: str) -> None:
    """Put a chat's tag on every line that the running task logs from now on."""
    _tag.set(tag)


@contextmanager
def lines_of(tag: str) -> Iterator[None]:
    """Put a chat's tag on every line that is logged inside."""
    before = _tag.set(tag)
    try:
        yield
    finally:
        _tag.reset(before)


def tagging(tag: Callable[[str], str]) -> Callable[["Update", object], Coroutine[object, object, None]]:
    """A callback that puts the tag of an update's chat on what is logged while the update is worked on."""

    async def tag_its_lines(update: "Update", context: object) -> None:
        del context
        if update.effective_chat is not None:
            tag_lines(tag(str(update.effective_chat.id)))

    return tag_its_lines


class _Discreet(logging.Formatter):
    """Formats a record, and takes out of the result what is nobody's business."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(f"%(asctime)s %(levelname)s %(name)s{_PLACE}: %(message)s", "%H:%M:%S")
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, its traceback included."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        text = _NUMBER.sub("[number]", _TOKEN.sub("[token]", text))
        tag = _tag.get()
        return text.replace(_PLACE, f" [{tag}]" if tag else "", 1)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the library's name)
        """Of what libraries say, the first line: asyncio shows what an error held in the next."""
        if not _is_of(record.name, _OURS):
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)

    def formatException(  # noqa: N802  (the library's name)
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Where it happened and what kind of error it was, each of the chain; in words only where that is safe."""
        lines: list[str] = []
        error = ei[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines[:0] = [
                "Traceback (most recent call last):\n",
                *traceback.format_tb(error.__traceback__),
                _named(error),
            ]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip("\n")


def _named(error: BaseException) -> str:
    """The kind of the error, with its words where they cannot be a person's: a ValueError shows the value."""
    kind = type(error)
    safe = isinstance(error, OSError) or _is_of(kind.__module__, _SPOKEN)
    return f"{kind.__qualname__}: {error}\n" if safe and str(error) else f"{kind.__qualname__}\n"


def _is_of(name: str, packages: Iterable[str]) -> bool:
    """Whether a dotted name is one of these packages or lies in one."""
    return name.partition(".")[0] in packages


def _worth_saying(record: logging.LogRecord) -> bool:
    """Whether an operator can do something with it: with all that we log ourselves, and the warnings of libraries."""
    return record.levelno >= logging.WARNING or _is_of(record.name, _OURS)


def set_up_logs(level: str, secrets: Iterable[str | None] = ()) -> None:
    """Log from `level` on; libraries speak only of warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Discreet([secret for secret in secrets if secret]))
    handler.addFilter(_worth_saying)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It logs answers that are no JSON with a traceback, and raises them too: whoever asked says so in one line.
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
