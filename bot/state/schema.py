"""The tables: chats, what they subscribed to and asked for, what was announced, and each delivery of it.

A delivery belongs to a chat, not to a subscription: it is one message that is owed to somebody. What could tell
who somebody is or what they want to know is a token of `bot.state.vault`, here called sealed. Migrations in
`bot.state.migrations` build the same tables; a test holds the two together.
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
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from bot.replies import Channel
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm, SubscriptionState

REASON_LENGTH = 255
"""Characters kept of why a delivery ended as it did."""


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

# With sqlite_autoincrement no number comes twice: SQLite would give that of a deleted row to a new one, and buttons of
# old messages name rows by their number.
chats = Table(
    "chats",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", _choice(Channel), nullable=False),
    Column("key", String(64), nullable=False),  # of the address, to look it up by
    Column("address", Text, nullable=False),  # sealed
    Column("thread", BigInteger, nullable=False),
    Column("language", String(16)),  # chosen by the person; NULL follows each question
    Column("last_language", String(16)),
    Column("zone", String(64)),  # as in Europe/Rome
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "key", "thread"),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", _choice(SubscriptionState), nullable=False),
    Column("pause_reason", _choice(PauseReason)),
    Column("since", UtcDateTime, nullable=False),  # in this state since then
    Column("until", UtcDateTime),  # when a pause ends by itself
    Column("rhythm", _choice(Rhythm), nullable=False),
    Column("quiet_from", Integer),  # minutes of the local day; NULL in both: no quiet hours
    Column("quiet_until", Integer),
)

subscription_topics = Table(
    "subscription_topics",
    metadata,
    Column("chat_id", ForeignKey(subscriptions.c.chat_id, ondelete="CASCADE"), primary_key=True),
    Column("topic", String(255), primary_key=True),
)

own_topics = Table(
    "own_topics",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("words", Text, nullable=False),  # sealed
    Column("language", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

awaited = Table(
    "awaited",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("question", Text, nullable=False),  # sealed
    Column("language", String(16), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

shown = Table(
    "shown",
    metadata,
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), primary_key=True),
    Column("sentence", String(255), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of the text as it was shown
    Column("shown_at", UtcDateTime, nullable=False),
    Index(None, "sentence", "language"),
)

announcements = Table(
    "announcements",
    metadata,
    Column("slug", String(255), primary_key=True),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("story", String(255)),  # the slug of the same story told before
    Column("topics", Text),  # of the article, a line each; NULL: not known, or taken for told
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article", String(255), nullable=False),
    Column("sentence", String(255), nullable=False),
    Column("language", String(16), nullable=False),
    Column("was", Text, nullable=False),
    Column("now", Text),  # NULL: it is stated no more
    Column("made_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False),
    # No foreign key: not every kind is about something that was announced as a whole.
    Column("article", String(255), nullable=False),
    Column("kind", _choice(DeliveryKind), nullable=False),
    Column("about", String(255), nullable=False),
    Column("because", String(255)),  # the topic; `own:` and the number of an own one
    Column("also", Text),  # further own topics, between spaces: by one of them it comes where the first is gone
    Column("state", _choice(DeliveryState), nullable=False),
    Column("reason", String(REASON_LENGTH)),
    Column("attempts", Integer, nullable=False),  # how often sending was begun
    Column("unheard", Integer, nullable=False, server_default="0"),  # how many of these nothing was said to
    Column("begun_at", UtcDateTime),  # when sending was begun for the first time
    Column("due_at", UtcDateTime, nullable=False),
    Column("held_until", UtcDateTime),  # not before, whatever the person's rhythm: publishing or a new try waits
    Column("updated_at", UtcDateTime, nullable=False),
    Column("owner", String(64)),  # the process that is sending it
    Column("lease_until", UtcDateTime),  # until when that process is taken for alive
    Column("message_id", BigInteger),  # in the chat, once it was sent
    UniqueConstraint("chat_id", "article", "kind", "about"),
    Index(None, "state", "due_at"),
    Index(None, "chat_id", "state"),
    Index(None, "article", "state"),
    sqlite_autoincrement=True,
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(255), nullable=False),
    Column("payload", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("publish_at", UtcDateTime),
    Column("state", String(32), nullable=False),
    sqlite_autoincrement=True,
)

watched = Table(
    "watched",
    metadata,
    Column("place", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("next_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),  # one after another, up to now
)

counts = Table(
    "counts",
    metadata,
    Column("day", String(10), primary_key=True),  # as in 2025-09-24, in UTC
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("month", String(7), primary_key=True),  # as in 2025-09, in UTC
    Column("sentence", String(255), primary_key=True),  # the nearest to what was asked
    Column("asker", String(64), primary_key=True),  # a hash that nobody can follow into another month
)

vault = Table(
    "vault",
    metadata,
    Column("fingerprint", String(64), primary_key=True),  # of the key that sealed what is sealed here
)
