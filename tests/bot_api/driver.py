"""The people: what a test lets them do in a chat, and how it waits for what the bot does."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from . import updates
from .entities import units
from .model import (
    Button,
    CallbackAnswer,
    ChatKind,
    ChatState,
    Json,
    Press,
    Said,
    Sent,
    User,
)
from .updates import entities_of, reaches_bot
from .world import Room, World

MAX_TEXT_UNITS = 4096
WAIT = 20.0  # seconds

Wanted: TypeAlias = str | Callable[[Sent], bool] | None
Written: TypeAlias = Sent | Said | int


class Chat:
    """A chat with the bot, in the hands of a test; in a group, of its people."""

    def __init__(self, world: World, room: Room, open_chat: Callable[..., "Chat"]) -> None:
        self._world = world
        self._room = room
        self._open_chat = open_chat
        self._read: set[int] = set()
        self.chat_id = room.chat_id

    def __repr__(self) -> str:
        return f"Chat({self.chat_id}, {self._room.kind.value})"

    # What a person does.

    def says(
        self,
        text: str,
        *,
        user: User | None = None,
        thread_id: int | None = None,
        reply_to: Written | None = None,
    ) -> Said:
        """Write a message."""
        text = text.strip()
        if not 0 < units(text) <= MAX_TEXT_UNITS:
            raise ValueError(f"Telegram sends no message of {units(text)} units")
        content: Json = {"text": text}
        if marked := entities_of(text):
            content["entities"] = marked
        return self._writes(content, text, user, thread_id, reply_to)

    def replies_to(self, message: Written, text: str, *, user: User | None = None) -> Said:
        """Write a message in reply to another."""
        return self.says(text, user=user, reply_to=message)

    def edits(self, message: Said, text: str, *, user: User | None = None) -> Said:
        """Change what was written."""
        with self._world.changed:
            edited = self._room.messages[message.message_id] | {"text": text, "edit_date": updates.now()}
            edited.pop("entities", None)
            if marked := entities_of(text):
                edited["entities"] = marked
            if user is not None:
                edited["from"] = user.as_json()
            self._room.messages[message.message_id] = edited
            update_id = None
            if reaches_bot(self._world, self._room, edited):
                update_id = self._world.push("edited_message", edited)
        return replace(message, text=text, update_id=update_id)

    def sends_voice(self, *, user: User | None = None) -> Said:
        """Speak."""
        return self._writes(updates.voice(), "", user)

    def sends_photo(self, caption: str = "", *, user: User | None = None) -> Said:
        """Send a picture."""
        return self._writes(updates.photo(caption), caption, user)

    def sends_sticker(self, emoji: str = "🚗", *, user: User | None = None) -> Said:
        """Send a sticker."""
        return self._writes(updates.sticker(emoji), "", user)

    def sends_location(self, latitude: float = 45.46, longitude: float = 9.19, *, user: User | None = None) -> Said:
        """Send a place."""
        return self._writes({"location": {"latitude": latitude, "longitude": longitude}}, "", user)

    def sends_document(self, name: str = "file.pdf", *, user: User | None = None) -> Said:
        """Send a file."""
        return self._writes(updates.document(name), "", user)

    def presses(self, button: str, message: Written | None = None, *, user: User | None = None) -> Press:
        """Press an inline button, named by label or data; of the last message that has it."""
        with self._world.changed:
            chosen, found = self._button(button, message)
            person = user or self._room.user
            query_id = str(secrets.randbits(60))
            payload = {
                "id": query_id,
                "from": person.as_json(),
                "message": self._room.messages[chosen.message_id],
                "chat_instance": str(self.chat_id),
                "data": found.data,
            }
            press = Press(query_id, self.chat_id, chosen.message_id, found.data or "", None)
            self._world.presses[query_id] = press
            return replace(press, update_id=self._world.push("callback_query", payload))

    def blocks(self) -> int | None:
        """Block the bot: it is told, and nothing reaches the chat any more."""
        return self._turns(ChatState.BLOCKED, "member", "kicked")

    def unblocks(self) -> int | None:
        """Unblock the bot."""
        return self._turns(ChatState.ACTIVE, "kicked", "member")

    def removes_bot(self) -> int | None:
        """Take the bot out of the group."""
        return self._turns(ChatState.KICKED, "member", "kicked")

    def adds_bot(self) -> int | None:
        """Put the bot into the group."""
        return self._turns(ChatState.ACTIVE, "left", "member")

    def deletes_account(self) -> None:
        """Leave Telegram: the bot is not told."""
        with self._world.changed:
            self._room.state = ChatState.DEACTIVATED

    def becomes_supergroup(self, chat_id: int) -> "Chat":
        """Let the group become a supergroup with another number."""
        room = self._room
        grown = self._open_chat(chat_id, kind="supergroup", title=room.title)
        self._writes({"migrate_to_chat_id": chat_id}, "", None)
        grown._writes({"migrate_from_chat_id": self.chat_id}, "", None)
        with self._world.changed:
            room.state, room.migrated_to = ChatState.MIGRATED, chat_id
        return grown

    def gives_role(self, user: User, role: str) -> None:
        """Make somebody creator, administrator, member or left."""
        with self._world.changed:
            self._room.roles[user.user_id] = role

    # What the bot did.

    @property
    def messages(self) -> tuple[Sent, ...]:
        """The messages of the bot as they stand now, without deleted ones."""
        with self._world.changed:
            return tuple(self._room.sent[number] for number in sorted(self._room.sent))

    @property
    def history(self) -> tuple[Sent, ...]:
        """Every version of every message of the bot, in order."""
        with self._world.changed:
            return tuple(sent for sent in self._world.history if sent.chat_id == self.chat_id)

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

    # How it is done.

    def _writes(
        self,
        content: Json,
        text: str,
        user: User | None,
        thread_id: int | None = None,
        reply_to: Written | None = None,
    ) -> Said:
        with self._world.changed:
            if self._room.state is not ChatState.ACTIVE:
                raise ValueError(f"the chat is {self._room.state.value}: the bot is not there")
            message = updates.person_message(
                self._room,
                user or self._room.user,
                content,
                thread_id=thread_id,
                reply_to=_number(reply_to),
            )
            service = content.keys() & {"migrate_to_chat_id", "migrate_from_chat_id"}
            heard = bool(service) or reaches_bot(self._world, self._room, message)
            update_id = self._world.push("message", message) if heard else None
        return Said(self.chat_id, message["message_id"], text, update_id)

    def _turns(self, state: ChatState, old: str, new: str) -> int | None:
        with self._world.changed:
            if (state is ChatState.BLOCKED) and self._room.kind is not ChatKind.PRIVATE:
                raise ValueError("a group does not block a bot, it removes it")
            self._room.state = state
            told = updates.membership(self._room, self._room.user, self._world.bot_json(), old, new)
            return self._world.push("my_chat_member", told)

    def _button(self, name: str, message: Written | None) -> tuple[Sent, Button]:
        number = _number(message)
        among = [sent for sent in self.messages if number in (None, sent.message_id)]
        for sent in reversed(among):
            for button in (button for row in sent.buttons for button in row):
                if button.data is not None and name in (button.text, button.data):
                    return sent, button
        there = [label for sent in among for label in sent.labels]
        raise AssertionError(f"no button {name!r} to press; there are: {there}")


def _number(message: Written | None) -> int | None:
    return message.message_id if isinstance(message, Sent | Said) else message


def _fits(sent: Sent, wanted: Wanted) -> bool:
    if wanted is None:
        return True
    return wanted in sent.text if isinstance(wanted, str) else wanted(sent)


def _missing(chat: Chat, wanted: Wanted, timeout: float) -> str:
    """The line of a test that waited in vain: what was sent instead."""
    what = "message" if wanted is None else f"message with {wanted!r}"
    return "\n".join([f"no {what} in {chat!r} within {timeout} s; what was sent:", *_listed(chat)])


def _listed(chat: Chat) -> Iterable[str]:
    unread = {sent.sequence for sent in chat.unread}
    for sent in chat.history:
        state = "unread" if sent.sequence in unread else "read"
        edit = f", edit {sent.version}" if sent.version else ""
        yield f"  [{sent.message_id}{edit}, {state}] {sent.text!r} buttons={list(sent.labels)}"
    if not chat.history:
        yield "  nothing"
