"""The nouns of the Bot API server: what a bot sent, what a person did, what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


class ChatKind(Enum):
    """The kinds of chat that a bot can be in here."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatState(Enum):
    """What stands between the bot and a chat."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"
    KICKED = "kicked"
    MIGRATED = "migrated"


class BreachKind(Enum):
    """The limits of the Bot API that a bot can break."""

    TEXT = "text"
    MARKUP = "markup"
    BUTTONS = "buttons"
    COMMANDS = "commands"
    PROFILE = "profile"
    CALLBACK = "callback"
    FILE = "file"
    PACE = "pace"
    """More messages than Telegram takes in a stretch of time."""
    WAIT = "wait"
    """A message before the wait was over that a 429 had asked for."""


class Refusal(Exception):  # noqa: N818  # an answer of the server, not a mistake in it
    """An answer with `ok: false`."""

    def __init__(
        self,
        code: int,
        description: str,
        *,
        breach: BreachKind | None = None,
        retry_after: int | None = None,
        migrate_to: int | None = None,
    ) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.breach = breach
        self.retry_after = retry_after
        self.migrate_to = migrate_to

    def as_json(self) -> Json:
        """The body of the answer."""
        parameters: Json = {}
        if self.retry_after is not None:
            parameters["retry_after"] = self.retry_after
        if self.migrate_to is not None:
            parameters["migrate_to_chat_id"] = self.migrate_to
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return body | {"parameters": parameters} if parameters else body


def bad_request(reason: str, breach: BreachKind | None = None) -> Refusal:
    """A refusal with 400."""
    return Refusal(400, f"Bad Request: {reason}", breach=breach)


@dataclass(frozen=True, slots=True)
class User:
    """A person on Telegram."""

    user_id: int
    first_name: str = "Anna"
    language_code: str | None = "it"
    username: str | None = None

    def as_json(self) -> Json:
        """The person as an update carries them."""
        person: Json = {"id": self.user_id, "is_bot": False, "first_name": self.first_name}
        if self.username is not None:
            person["username"] = self.username
        if self.language_code is not None:
            person["language_code"] = self.language_code
        return person


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of a text; offset and length in UTF-16 units."""

    kind: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    custom_emoji_id: str | None = None

    def covers(self, text: str) -> str:
        """The stretch of the text that this entity formats."""
        raw = text.encode("utf-16-le")
        return raw[2 * self.offset : 2 * (self.offset + self.length)].decode("utf-16-le")

    def as_json(self) -> Json:
        """The entity as a message carries it."""
        extra = {"url": self.url, "language": self.language, "custom_emoji_id": self.custom_emoji_id}
        given = {name: value for name, value in extra.items() if value is not None}
        return {"type": self.kind, "offset": self.offset, "length": self.length} | given


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it holds either data or a link (or neither, of another kind)."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that the bot sent."""

    name: str
    content: bytes = field(repr=False)
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """One version of a message of the bot: version 0 as it was sent, one more for each edit."""

    chat_id: int
    message_id: int
    text: str  # as a person sees it
    html: str  # as the bot wrote it
    entities: tuple[Entity, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] = ()  # the labels of a reply keyboard
    thread_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    version: int = 0
    sequence: int = 0  # its place among everything that the bot showed
    at: float = 0.0  # seconds of a monotonic clock
    attached: Attached | None = None  # `text` is its caption then
    asks_place: bool = False  # its reply keyboard asks for a location

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all its inline buttons."""
        return tuple(button.text for row in self.buttons for button in row)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a person; not delivered where privacy mode or `allowed_updates` holds it back."""

    chat_id: int
    message_id: int
    text: str
    update_id: int | None

    @property
    def delivered(self) -> bool:
        """Whether the bot can hear of it."""
        return self.update_id is not None


@dataclass(frozen=True, slots=True)
class Press:
    """A press of an inline button."""

    query_id: str
    chat_id: int
    message_id: int
    data: str
    update_id: int | None


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """What the bot answered to a press; the text is empty where it only stopped the spinner."""

    query_id: str
    text: str
    alert: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit of the Bot API that the bot broke."""

    kind: BreachKind
    method: str
    chat_id: int | None
    description: str


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the bot; status None while it is open, or when its connection was cut."""

    method: str
    params: Mapping[str, Any] = field(default_factory=_nothing)
    status: int | None = None
    at: float = 0.0
    ended_at: float | None = None  # when its answer was written, or its connection cut
    fault: str | None = None  # the name of the fault that it met

    @property
    def chat_id(self) -> int | None:
        """The chat that it is about, if it names one by number."""
        return as_integer(self.params.get("chat_id"))


def as_integer(value: object) -> int | None:
    """A number, also where a form carries it as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return None
