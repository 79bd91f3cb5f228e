"""The tables: chats, their subscriptions and topics, what was announced, and each delivery of it.

A delivery belongs to a chat, not to a subscription: it is one message that is owed to somebody. Migrations in
`bot.migrations` build the same tables; a test holds the two together.
"""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

from bot.replies import Channel

EVERYTHING = "everything"
"""The topic of a subscription that wants every announcement."""

REASON_LENGTH = 255
"""Characters kept of why a delivery ended as it did."""


class SubscriptionState(StrEnum):
    """Whether announcements are meant for this chat."""

    ACTIVE = "active"
    PAUSED = "paused"


class PauseReason(StrEnum):
    """Why a subscription is paused; only a person's own wish outlasts the person's return."""

    BLOCKED = "blocked"
    GONE = "gone"
    PERSON = "person"


class DeliveryState(StrEnum):
    """`sending` means that the answer of the channel is still out; the last three are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class DeliveryKind(StrEnum):
    """What is delivered about the article: a chat gets each kind of an article once."""

    ANNOUNCEMENT = "announcement"


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC, also where the database (SQLite) keeps none of the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """Give the moment in UTC; a time without a zone is a mistake of the caller: ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """Give the moment back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _choice(kind: type[StrEnum]) -> Enum:
    """A column of one enum, kept as its values in plain text: a new member needs no change of the table."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])


# Every constraint has a name that can be foretold, or SQLite could never alter it in a later migration.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

chats = Table(
    "chats",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", _choice(Channel), nullable=False),
    Column("address", String(255), nullable=False),
    Column("thread", BigInteger, nullable=False),
    Column("language", String(16)),  # chosen by the person; NULL follows each question
    Column("last_language", String(16)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "address", "thread"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", _choice(SubscriptionState), nullable=False),
    Column("pause_reason", _choice(PauseReason)),
    Column("since", UtcDateTime, nullable=False),  # in this state since then
)

subscription_topics = Table(
    "subscription_topics",
    metadata,
    Column("chat_id", ForeignKey(subscriptions.c.chat_id, ondelete="CASCADE"), primary_key=True),
    Column("topic", String(255), primary_key=True),
)

announcements = Table(
    "announcements",
    metadata,
    Column("slug", String(255), primary_key=True),
    Column("announced_at", UtcDateTime, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False),
    # No foreign key: other kinds will be about something that was never announced as a whole.
    Column("article", String(255), nullable=False),
    Column("kind", _choice(DeliveryKind), nullable=False),
    Column("state", _choice(DeliveryState), nullable=False),
    Column("reason", String(REASON_LENGTH)),
    Column("attempts", Integer, nullable=False),  # how often sending was begun
    Column("due_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("chat_id", "article", "kind"),
    Index(None, "state", "due_at"),
)
