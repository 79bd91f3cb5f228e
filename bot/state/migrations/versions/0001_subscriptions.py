"""The first tables: chats, subscriptions and their topics, announcements, deliveries."""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "chats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("thread", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(16)),
        sa.Column("last_language", sa.String(16)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sa.UniqueConstraint("channel", "address", "thread", name=op.f("uq_chats_channel_address_thread")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("chat_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("pause_reason", sa.String(32)),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_subscriptions")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], ondelete="CASCADE", name=op.f("fk_subscriptions_chat_id")),
    )
    op.create_table(
        "subscription_topics",
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "topic", name=op.f("pk_subscription_topics")),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["subscriptions.chat_id"],
            ondelete="CASCADE",
            name=op.f("fk_subscription_topics_chat_id"),
        ),
    )
    op.create_table(
        "announcements",
        sa.Column("slug", sa.String(255), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_announcements")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(255)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], ondelete="CASCADE", name=op.f("fk_deliveries_chat_id")),
        sa.UniqueConstraint("chat_id", "article", "kind", name=op.f("uq_deliveries_chat_id_article_kind")),
    )
    op.create_index(op.f("ix_deliveries_state_due_at"), "deliveries", ["state", "due_at"])


def downgrade() -> None:
    """Drop the tables, children first."""
    op.drop_index(op.f("ix_deliveries_state_due_at"), table_name="deliveries")
    for table in ("deliveries", "announcements", "subscription_topics", "subscriptions", "chats"):
        op.drop_table(table)
