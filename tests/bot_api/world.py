"""Everything that the server knows, guarded by one lock that both of its threads take briefly."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .limits import Limits, Pace
from .model import (
    Breach,
    Call,
    CallbackAnswer,
    ChatKind,
    ChatState,
    Json,
    Press,
    Refusal,
    Sent,
    User,
    bad_request,
)
from .params import Params
from .queue import UpdateQueue

_STEP = 0.05  # seconds between two looks of a wait, beside the wake-ups


@dataclass(slots=True)
class Room:
    """A chat as the server keeps it."""

    chat_id: int
    kind: ChatKind
    user: User
    title: str
    username: str | None = None
    forum: bool = False
    state: ChatState = ChatState.ACTIVE
    migrated_to: int | None = None
    last_message_id: int = 0
    messages: dict[int, Json] = field(default_factory=dict)  # as they stand now, of people and bot
    sent: dict[int, Sent] = field(default_factory=dict)  # the bot's, as they stand now
    history: list[Sent] = field(default_factory=list)  # the bot's, every version
    threads: set[int] = field(default_factory=set)
    closed_threads: set[int] = field(default_factory=set)
    roles: dict[int, str] = field(default_factory=dict)
    may_write: bool = True  # whether the bot has the right to, in a group or channel
    actions: list[str] = field(default_factory=list)  # chat actions that the bot showed
    reactions: dict[int, tuple[str, ...]] = field(default_factory=dict)  # of the bot

    def as_json(self) -> Json:
        """The chat as a message carries it."""
        chat: Json = {"id": self.chat_id, "type": self.kind.value}
        if self.kind is ChatKind.PRIVATE:
            chat["first_name"] = self.user.first_name
        else:
            chat["title"] = self.title
        if self.username is not None:
            chat["username"] = self.username
        return chat | {"is_forum": True} if self.forum else chat

    def new_message_id(self) -> int:
        """The next number of a message; each chat counts its own."""
        self.last_message_id += 1
        return self.last_message_id

    def check_open(self) -> None:
        """Refuse what Telegram refuses when the bot has no way into the chat."""
        match self.state:
            case ChatState.BLOCKED:
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            case ChatState.DEACTIVATED:
                raise Refusal(403, "Forbidden: user is deactivated")
            case ChatState.KICKED:
                raise Refusal(403, f"Forbidden: bot was kicked from the {self.kind.value} chat")
            case ChatState.MIGRATED:
                reason = "Bad Request: group chat was upgraded to a supergroup chat"
                raise Refusal(400, reason, migrate_to=self.migrated_to)
            case ChatState.ACTIVE:
                pass

    def check_writable(self, thread_id: int | None) -> None:
        """Refuse what Telegram refuses where the bot is there and may not write, or the topic is not open."""
        self.check_open()
        if not self.may_write:
            raise bad_request("not enough rights to send text messages to the chat")
        if thread_id is not None and thread_id not in self.threads:
            raise bad_request("message thread not found")
        if thread_id in self.closed_threads:
            raise bad_request("TOPIC_CLOSED")


@dataclass(slots=True)
class Profile:
    """What the bot says of itself, by language; "" for everybody else."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # by scope and language


class World:
    """The chats, the updates that wait, and a record of what the bot did."""

    def __init__(self, token: str, username: str, *, privacy_mode: bool, limits: Limits | None = None) -> None:
        self.token = token
        self.username = username
        self.privacy_mode = privacy_mode
        self.bot_id = int(token.partition(":")[0])
        self.changed = threading.Condition()
        self.wake: Callable[[], object] = _nobody_waits
        self.updates = UpdateQueue()
        self.profile = Profile()
        self.rooms: dict[int, Room] = {}
        self.history: list[Sent] = []
        self.calls: list[Call] = []
        self.presses: dict[str, Press] = {}
        self.callback_answers: list[CallbackAnswer] = []
        self.breaches: list[Breach] = []
        self.pace = Pace(limits)
        self.files: dict[str, bytes] = {}  # what people sent, by path
        self.webhook_failures: list[str] = []
        self.in_flight = 0
        self.open_to_chats = 0  # those of them that are messages
        self.stirred_at = time.monotonic()

    def bot_json(self) -> Json:
        """The bot as a message carries it."""
        name = self.profile.names.get("", "Annuncio")
        return {"id": self.bot_id, "is_bot": True, "first_name": name, "username": self.username}

    def stir(self) -> None:
        """Tell the waiting test that something happened; the lock is held."""
        self.stirred_at = time.monotonic()
        self.changed.notify_all()

    def push(self, kind: str, payload: Json) -> int | None:
        """Queue an update for the bot; None where the bot did not ask for this kind."""
        with self.changed:
            update_id = self.updates.add(kind, payload)
            self.stir()
        self.wake()
        return update_id

    def room(self, params: Params) -> Room:
        """The chat that a request names, by number or by @username."""
        number = params.integer("chat_id")
        name = params.text("chat_id")
        if not name:
            raise bad_request("chat_id is empty")
        if number is None:
            found = [room for room in self.rooms.values() if f"@{room.username}" == name]
        else:
            found = [self.rooms[number]] if number in self.rooms else []
        if not found:
            raise bad_request("chat not found")
        return found[0]

    def record(self, room: Room, sent: Sent, message: Json) -> Json:
        """Keep a version of a message, and tell whoever waits for it; the lock is held."""
        sent = replace(sent, sequence=len(self.history), at=time.monotonic())
        room.messages[sent.message_id] = message
        room.sent[sent.message_id] = sent
        room.history.append(sent)
        self.history.append(sent)
        self.stir()
        return message

    def unanswered(self) -> tuple[Press, ...]:
        """The presses whose spinner still turns."""
        answered = {answer.query_id for answer in self.callback_answers}
        return tuple(press for key, press in self.presses.items() if key not in answered)

    def is_idle(self, quiet: float) -> bool:
        """Whether no update waits, no request is open, and nothing stirred for so many seconds."""
        calm = time.monotonic() - self.stirred_at >= quiet
        return calm and not self.updates.pending and not self.in_flight

    def await_that(self, check: Callable[[], bool], timeout: float) -> bool:
        """Wait until the check holds; False when the time is over first."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while not check():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, _STEP))
            return True


def _nobody_waits() -> None:
    """What `wake` does before the server runs."""
