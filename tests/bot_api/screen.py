"""What a person sees in a chat with the bot, and how a test waits for it."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from .model import CallbackAnswer, Press, Sent
from .world import Room, World

WAIT = 20.0  # seconds

Wanted: TypeAlias = str | Callable[[Sent], bool] | None


class Screen:
    """A chat as it is shown."""

    def __init__(self, world: World, room: Room) -> None:
        self._world = world
        self._room = room
        self._read: set[int] = set()
        self.chat_id = room.chat_id

    def __repr__(self) -> str:
        return f"Chat({self.chat_id}, {self._room.kind.value})"

    @property
    def messages(self) -> tuple[Sent, ...]:
        """The messages of the bot as they stand now, without deleted ones."""
        with self._world.changed:
            return tuple(self._room.sent[number] for number in sorted(self._room.sent))

    @property
    def history(self) -> tuple[Sent, ...]:
        """Every version of every message of the bot, in order."""
        with self._world.changed:
            return tuple(self._room.history)

    @property
    def unread(self) -> tuple[Sent, ...]:
        """The versions that no `wait_for_message` returned yet."""
        return tuple(sent for sent in self.history if sent.sequence not in self._read)

    @property
    def actions(self) -> tuple[str, ...]:
        """The chat actions that the bot showed: "typing"."""
        with self._world.changed:
            return tuple(self._room.actions)

    def reads_all(self) -> None:
        """Count everything that the bot showed as read."""
        self._read.update(sent.sequence for sent in self.history)

    def wait_for_message(self, wanted: Wanted = None, *, timeout: float = WAIT) -> Sent:
        """The first unread message, or edit of one, that holds this text or fits; it is read then."""
        found: list[Sent] = []

        def look() -> bool:
            found[:] = [sent for sent in self.unread if _fits(sent, wanted)]
            return bool(found)

        if not self._world.await_that(look, timeout):
            raise AssertionError(_missing(self, wanted, timeout))
        self._read.add(found[0].sequence)
        return found[0]

    def wait_for_answer(self, press: Press, *, timeout: float = WAIT) -> CallbackAnswer:
        """What the bot answered to a press of a button."""

        def answers() -> list[CallbackAnswer]:
            return [one for one in self._world.callback_answers if one.query_id == press.query_id]

        if not self._world.await_that(lambda: bool(answers()), timeout):
            raise AssertionError(f"the bot left the press of {press.data!r} without an answer")
        return answers()[0]


def _fits(sent: Sent, wanted: Wanted) -> bool:
    if wanted is None:
        return True
    return wanted in sent.text if isinstance(wanted, str) else wanted(sent)


def _missing(chat: Screen, wanted: Wanted, timeout: float) -> str:
    """The line of a test that waited in vain: what was sent instead."""
    what = "message" if wanted is None else f"message with {wanted!r}"
    return "\n".join([f"no {what} in {chat!r} within {timeout} s; what was sent:", *_listed(chat)])


def _listed(chat: Screen) -> Iterable[str]:
    unread = {sent.sequence for sent in chat.unread}
    for sent in chat.history:
        state = "unread" if sent.sequence in unread else "read"
        edit = f", edit {sent.version}" if sent.version else ""
        yield f"  [{sent.message_id}{edit}, {state}] {sent.text!r} buttons={list(sent.labels)}"
    if not chat.history:
        yield "  nothing"
