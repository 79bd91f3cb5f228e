"""What the bot says, before any channel shows it: Reply and Button, and the chat that it goes to.

`html` is the subset that Telegram parses (b, i, a, code, blockquote expandable); a terminal renders the same.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Channel(StrEnum):
    """Where a chat lives; each channel's own process delivers to it."""

    TELEGRAM = "telegram"
    TERMINAL = "terminal"


class Lane(StrEnum):
    """How soon a message matters: whoever asked waits for the answer, and nobody for an announcement."""

    ANSWERS = "answers"
    ANNOUNCEMENTS = "announcements"


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """One chat: `address` is the channel's own id; `thread` a forum topic inside it, 0 for none."""

    channel: Channel
    address: str
    thread: int = 0

    def same_chat(self, other: "ChatAddress") -> bool:
        """Whether the other is this chat too, whichever forum topic of it."""
        return (self.channel, self.address) == (other.channel, other.address)


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` comes back when it is pressed: at most 64 bytes of UTF-8."""

    label: str
    data: str
    aid: bool = False
    """Helps to read what was answered; where a program reads along, it is left out."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message, or that somebody sent."""

    name: str
    content: bytes = field(repr=False)
    picture: bool = False
    """Whether it is shown in the chat rather than offered to be saved."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: escaped HTML and rows of buttons."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    documents: tuple[Document, ...] = ()
    """Sent after the message, in this order."""
    edits: bool = False
    """Whether it takes the place of the message whose button was pressed, where the channel can do that."""
    asks_place: str | None = None
    """The label of a button with which a person may send where they are, in place of `buttons`."""
    ends_asking: bool = False
    """Whether the button of an earlier `asks_place` goes with it, whatever is still known of that one."""
    alert: bool = False
    """Whether only whoever pressed a button is shown it, over the chat, where the channel can do that."""
