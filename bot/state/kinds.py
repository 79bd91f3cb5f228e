"""The words for what is kept: states, reasons, kinds and rhythms, as the database has them and everybody says them."""

from enum import StrEnum

EVERYTHING = "everything"
"""The topic of a subscription that wants every announcement."""


class SubscriptionState(StrEnum):
    """Whether announcements are meant for this chat."""

    ACTIVE = "active"
    PAUSED = "paused"


class PauseReason(StrEnum):
    """Why a subscription is paused; only a person's own wish outlasts the person's return."""

    BLOCKED = "blocked"
    GONE = "gone"
    PERSON = "person"
    RESTING = "resting"
    """By the person's wish, too, until a day that the subscription names."""


class DeliveryState(StrEnum):
    """`sending` means that the answer of the channel is still out; the last three are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class DeliveryKind(StrEnum):
    """What is delivered about the article: a chat gets each kind, about the same thing in it, once."""

    ANNOUNCEMENT = "announcement"
    ANSWER = "answer"
    """To a question that could not be answered when it was asked; `about` is its number in `awaited`."""
    CORRECTION = "correction"
    """Of what the chat was shown; `about` is its number in `corrections`."""
    SECOND_SOURCE = "second_source"
    """The message of the announcement, edited to name another source of it; `about` is that one's slug."""


class Rhythm(StrEnum):
    """How often a subscriber wants to hear."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
