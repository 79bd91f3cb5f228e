"""The people: what a test lets them do in a chat."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from . import updates
from .entities import units
from .model import (
    Button,
    ChatKind,
    ChatState,
    Json,
    Press,
    Said,
    Sent,
    User,
)
from .screen import Screen
from .updates import entities_of, reaches_bot
from .world import Room, World

MAX_TEXT_UNITS = 4096

Written: TypeAlias = Sent | Said | int


class Chat(Screen):
    """A chat with the bot, in the hands of a test; in a group, of its people."""

    def __init__(self, world: World, room: Room, open_chat: Callable[..., "Chat"]) -> None:
        super().__init__(world, room)
        self._open_chat = open_chat

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

    def sends_document(
        self,
        name: str = "file.pdf",
        content: bytes = b"%PDF-1.4",
        mime_type: str = "application/pdf",
        *,
        user: User | None = None,
    ) -> Said:
        """Send a file."""
        message = updates.document(name, content, mime_type)
        with self._world.changed:
            self._world.files[f"documents/{message['document']['file_id']}"] = content
        return self._writes(message, "", user)

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

    def takes_rights(self) -> None:
        """Let the bot stay, and write no more."""
        with self._world.changed:
            self._room.may_write = False

    def gives_rights(self) -> None:
        """Let the bot write again."""
        with self._world.changed:
            self._room.may_write = True

    def opens_topic(self, thread_id: int) -> None:
        """Make a forum topic, or open one again."""
        with self._world.changed:
            self._room.threads.add(thread_id)
            self._room.closed_threads.discard(thread_id)

    def closes_topic(self, thread_id: int) -> None:
        """Let nobody write in a forum topic any more."""
        with self._world.changed:
            self._room.closed_threads.add(thread_id)

    def deletes_topic(self, thread_id: int) -> None:
        """Take a forum topic away, with all that was written in it."""
        with self._world.changed:
            self._room.threads.discard(thread_id)
            for message_id in [one.message_id for one in self._room.sent.values() if one.thread_id == thread_id]:
                del self._room.sent[message_id], self._room.messages[message_id]

    def deletes(self, message: Written) -> None:
        """Take a message out of the chat."""
        with self._world.changed:
            number = _number(message) or 0
            self._room.messages.pop(number, None)
            self._room.sent.pop(number, None)

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
            kind = "channel_post" if self._room.kind is ChatKind.CHANNEL else "message"
            update_id = self._world.push(kind, message) if heard else None
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
