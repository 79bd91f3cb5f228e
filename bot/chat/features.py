"""What a part of the conversation brings: its commands, its buttons, and what it waits for a person to type or send.

The conversation asks each feature in turn; a feature knows its own nouns and none of the others.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.answers.answering import Outcome
from bot.replies import ChatAddress, Document, Reply


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who speaks: the chat, the language that its client reports, and what they may do here."""

    chat: ChatAddress
    reported: str | None = None
    user: int | None = None
    """The channel's own number of the person; None where nobody in person speaks, as in a channel."""
    private: bool = True
    """Whether the chat is this person's alone."""
    in_charge: bool = True
    """Whether they may decide for the whole chat: anyone where it is theirs alone, its administrators elsewhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is, in degrees: used at once, and kept nowhere."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)
    asked: bool
    """Whether the button that asks for a place was there to send it with."""


Command = Callable[[Visitor, str, str], Awaitable[list[Reply]]]
"""The visitor, the language to speak, and what was typed after the command -> the messages to send, in order."""
Press = Callable[[Visitor, str, str], Awaitable[list[Reply]]]
"""The visitor, the language to speak, and the data of the button after its first colon -> the messages."""
Typed = Callable[[Visitor, str, str], Awaitable[list[Reply] | None]]
"""A message that is no command -> the messages, or None where the feature was not waiting for one."""
Sent = Callable[[Visitor, str, Place | Document], Awaitable[list[Reply] | None]]
"""A location or a file -> the messages, or None where the feature has no use for it."""
Answered = Callable[[Visitor, Outcome, Reply], Awaitable[Reply]]
"""How a question of this visitor ended, and what is about to be said -> the same, or with more buttons under it."""
Pressed = Callable[[str], Awaitable[None]]
"""A button of the conversation's own was pressed, by what its data begins with; of who did it nothing is told."""
About = Callable[[Visitor], str | None]
"""The slug of the article that this visitor is about to ask about, None where nothing tells."""


class Held(Protocol):
    """What is held in memory of chats: told and dropped by one and the same, whichever forum topic is spoken in."""

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """All of it, ready for JSON; empty where there is nothing."""

    def forget(self, chat: ChatAddress) -> None:
        """Hold none of it any more."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of the conversation."""

    holds: Held | None = field(kw_only=True)
    """What it holds in memory of a chat, which /mydata tells and /forget drops; no part can be without saying so."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    presses: Mapping[str, Press] = field(default_factory=dict)
    """By what the data of the button begins with, up to its first colon."""
    typed: Typed | None = None
    sent: Sent | None = None
    answered: Answered | None = None
    pressed: Pressed | None = None
    about: About | None = None
    admits: Callable[[Visitor], bool] | None = None
    """For whom its commands are there, None for everybody: to others they do not exist."""
