"""What is kept about a chat: told, handed out as a file, and deleted, by whoever may decide for the chat."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from bot.chat.composing import old_button
from bot.chat.features import Feature, Held, Visitor
from bot.clock import Clock, utc_now
from bot.replies import Button, ChatAddress, Document, Reply
from bot.texts import say

FILE = "annuncio-mydata.json"
FORGET = "forget"
"""What the data of the buttons under /forget begins with."""
_YES, _NO = "yes", "no"
_IN_WORDS = {
    "address": "number_of_the_chat",
    "thread": "forum_topic",
    "last_language": "language_spoken_last",
    "zone": "time_zone",
    "awaited": "questions_to_be_answered_later",
    "shown": "sentences_shown",
    "deliveries": "messages",
    "refused": "notes_for_the_figures",
    "nearest": "nearest_sentence",
    "because": "sent_because_of",
    "also": "sent_because_also_of",
    "rhythm": "how_often",
    "digest": "hash_of_the_sentence",
}
"""What a person reads in the file, where the database has a shorter name."""


class Kept(Protocol):
    """What the database holds of a chat, whichever of its topics is spoken in."""

    async def everything_of(self, chat: ChatAddress) -> Mapping[str, object]:
        """All of it, ready for JSON; empty where there is nothing."""

    async def erase(self, chat: ChatAddress) -> bool:
        """Delete all of it, what is still to be sent too; False where there was nothing."""


class Privacy:
    """The commands /privacy, /mydata and /forget, and the two buttons under the last."""

    def __init__(
        self,
        kept: Kept,
        held: Sequence[Held],
        contact: str | None = None,
        now: Clock = utc_now,
    ) -> None:
        self._kept = kept
        self._held = held
        self._contact = contact
        self._now = now

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        commands = {"privacy": self.tell, "mydata": self.hand_out, "forget": self.ask}
        return Feature(commands, {FORGET: self.pressed}, holds=None)

    async def tell(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """What is kept, where, for how long, and whom to ask."""
        del visitor, argument
        told = say(language, "privacy")
        if self._contact is not None:
            told = f"{told} {say(language, 'privacy_contact', contact=self._contact)}"
        return [Reply(told)]

    async def hand_out(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """All that is kept, as a JSON file."""
        del argument
        if not visitor.in_charge:
            return [Reply(say(language, "privacy_in_charge"))]
        kept, held = await self._kept_of(visitor.chat), self._held_of(visitor.chat)
        if not kept and not held:
            return [Reply(say(language, "mydata_none"))]
        told = {
            "made": self._now().isoformat(timespec="seconds"),
            "kept_in_the_database": _readable(kept),
            "held_in_memory": _readable(held),
        }
        content = json.dumps(told, ensure_ascii=False, indent=2).encode()
        return [Reply(say(language, "mydata"), documents=(Document(FILE, content),))]

    async def ask(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """Whether all of it is to be deleted, and what that is."""
        del argument
        if not visitor.in_charge:
            return [Reply(say(language, "privacy_in_charge"))]
        kept = await self._kept_of(visitor.chat)
        yes = Button(say(language, "button_forget"), f"{FORGET}:{_YES}")
        no = Button(say(language, "button_keep"), f"{FORGET}:{_NO}")
        return [Reply(f"{say(language, 'forget')}\n{_listed(language, kept)}", ((yes,), (no,)))]

    async def pressed(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """One of the two buttons; a second press finds nothing left to delete, and says so."""
        if not visitor.in_charge:
            return [Reply(say(language, "privacy_in_charge"), alert=True)]
        if value == _NO:
            return [Reply(say(language, "forget_kept"), edits=True)]
        if value != _YES:
            return [old_button(visitor, language)]
        kept = await self._kept_of(visitor.chat)
        held = self._held_of(visitor.chat)
        for part in self._held:
            part.forget(visitor.chat)
        erased = await self._kept.erase(visitor.chat)
        if not erased and not held:
            return [Reply(say(language, "forgotten_already"), edits=True, ends_asking=True)]
        return [Reply(f"{say(language, 'forgotten')}\n{_listed(language, kept)}", edits=True, ends_asking=True)]

    async def _kept_of(self, chat: ChatAddress) -> dict[str, object]:
        """What the database has of the chat, without the kinds of which there is nothing."""
        return {name: found for name, found in (await self._kept.everything_of(chat)).items() if found}

    def _held_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """What the running process holds of the chat, in whichever part of the conversation."""
        return [thing for part in self._held for thing in part.everything_of(chat)]


def _readable(kept: object, name: str = "") -> object:
    """The same, for a person: names in words, minutes of the day as the clock shows them."""
    match kept:
        case Mapping():
            # Of who only asked, the note is near no sentence.
            told = {key: value for key, value in kept.items() if key != "nearest" or value}
            return {_IN_WORDS.get(key, key): _readable(value, key) for key, value in told.items()}
        case list():
            return [_readable(value, name) for value in kept]
        case int() if name in {"quiet_from", "quiet_until"}:
            return f"{kept // 60:02}:{kept % 60:02}"
        case _:
            return kept


def _listed(language: str, kept: Mapping[str, object]) -> str:
    """A line for each kind of thing that is kept, what is held in memory last."""
    lines = [say(language, "kept_chat")] if kept.get("chats") else []
    if any(_every("subscription", kept)):
        lines.append(say(language, "kept_subscription"))
    if own := _count("own_topics", kept):
        lines.append(say(language, "kept_own_topics", count=own))
    if questions := _count("awaited", kept):
        lines.append(say(language, "kept_questions", count=questions))
    if shown := _count("shown", kept):
        lines.append(say(language, "kept_shown", count=shown))
    if messages := _count("deliveries", kept):
        lines.append(say(language, "kept_messages", count=messages))
    if refused := _count("refused", kept):
        lines.append(say(language, "kept_refused", count=refused))
    lines.append(say(language, "kept_memory"))
    return "\n".join(f"• {line}" for line in lines)


def _count(name: str, kept: object) -> int:
    """How many things stand in the lists of this name."""
    return sum(len(found) for found in _every(name, kept) if isinstance(found, list))


def _every(name: str, kept: object) -> Iterator[object]:
    """Each value of this name, at whatever depth."""
    if isinstance(kept, Mapping):
        for key, value in kept.items():
            if key == name:
                yield value
            else:
                yield from _every(name, value)
    elif isinstance(kept, list):
        for value in kept:
            yield from _every(name, value)
