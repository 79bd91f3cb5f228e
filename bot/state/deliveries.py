"""What is owed to a chat, and how sending it ended."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.replies import ChatAddress
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason

ShownSentence = tuple[str, str, str]
"""Id, language and text of a sentence that somebody is shown."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that is owed; `attempts` is how often sending it was begun before."""

    id: int
    article: str
    kind: DeliveryKind
    about: str = ""
    """What in the article, by its kind: a number in `awaited` or in `corrections`, or the slug of a second source."""
    because: str | None = None
    """The topic by which it came here; `own:` and a number for one in the person's own words."""
    because_words: str | None = field(default=None, repr=False)
    """The person's own words: of that topic, or the question that is answered."""
    language: str | None = None
    """In which that question was asked, and is answered; None of anything else."""
    attempts: int = 0
    unheard: int = 0
    """How many of these attempts nothing was said to."""
    begun_at: datetime | None = None
    """When sending it was begun for the first time."""
    message_id: int | None = None
    """The message in the chat that is to be edited."""
    together: tuple["Delivery", ...] = ()
    """All that this message announced, each for its own reason, where it is a digest."""

    @property
    def tries(self) -> int:
        """The attempts that count: those which something was said to, or which ended with their process."""
        return self.attempts - self.unheard


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that one chat is due at one moment, the longest due first."""

    chat: ChatAddress
    chat_id: int
    language: str | None
    """The language that the person chose, else the one last used; None where neither is known."""
    zone: str | None
    deliveries: tuple[Delivery, ...]

    def of(self, *kinds: DeliveryKind) -> "Parcel":
        """The part of it of these kinds: a parcel that needs more than one message is settled in parts."""
        return replace(self, deliveries=tuple(delivery for delivery in self.deliveries if delivery.kind in kinds))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the next state with its reason, and what it says about the chat.

    `due_at` goes with `pending`: when to try again; `unheard` says that this was no try. `pause` stops the chat's
    subscription, `moved_to` is the chat's new address, `message_id` the message that was sent, and `shown` is what it
    held that can be corrected.
    """

    state: DeliveryState
    reason: str | None = None
    due_at: datetime | None = None
    pause: PauseReason | None = None
    moved_to: str | None = None
    message_id: int | None = None
    unheard: bool = False
    shown: tuple[ShownSentence, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that arrived: in which chat, as what deliveries, its number there, and what it held."""

    chat_id: int
    deliveries: tuple[tuple[int, int], ...]
    """Each with the number of the attempt that arrived, counted from 1."""
    message_id: int | None
    shown: tuple[ShownSentence, ...] = field(default=(), repr=False)
    at: datetime | None = field(default=None, compare=False)
    """By when, where a process that ended had noted it; None of what arrived just now."""


def arrival_of(parcel: Parcel, outcome: Outcome) -> Arrival:
    """What is to be remembered of a parcel that was sent."""
    tries = tuple((delivery.id, delivery.attempts + 1) for delivery in parcel.deliveries)
    return Arrival(parcel.chat_id, tries, outcome.message_id, outcome.shown)
