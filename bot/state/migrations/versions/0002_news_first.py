"""What a subscriber can wish for, and what is kept of people sealed: addresses that are there already, too."""

import sqlalchemy as sa
from alembic import context, op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

_NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Rebuild the tables that are there, and create the others."""
    _seal_chats()
    with op.batch_alter_table("subscriptions") as table:
        table.add_column(sa.Column("until", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("rhythm", sa.String(32), nullable=False, server_default="at_once"))
        table.add_column(sa.Column("quiet_from", sa.Integer()))
        table.add_column(sa.Column("quiet_until", sa.Integer()))
    with op.batch_alter_table("subscriptions") as table:
        table.alter_column("rhythm", existing_type=sa.String(32), server_default=None)
    with op.batch_alter_table("announcements") as table:
        table.add_column(sa.Column("story", sa.String(255)))
    _extend_deliveries()
    _create_tables()


def _seal_chats() -> None:
    """Addresses become tokens, found by a hash: both of the vault that the migration was given."""
    with op.batch_alter_table("chats", recreate="auto", table_kwargs=_NEVER_REUSED) as table:
        table.drop_constraint(op.f("uq_chats_channel_address_thread"), type_="unique")
        table.alter_column("address", existing_type=sa.String(255), type_=sa.Text(), existing_nullable=False)
        table.add_column(sa.Column("key", sa.String(64)))
        table.add_column(sa.Column("zone", sa.String(64)))
    vault = context.config.attributes["vault"]
    connection = op.get_bind()
    chats = sa.table("chats", sa.column("id"), sa.column("key"), sa.column("address"))
    rows = connection.execute(sa.select(chats.c.id, chats.c.address)).all()
    if rows:
        connection.execute(
            sa.update(chats)
            .where(chats.c.id == sa.bindparam("row"))
            .values(key=sa.bindparam("hash"), address=sa.bindparam("token")),
            [{"row": row.id, "hash": vault.lookup(row.address), "token": vault.encrypt(row.address)} for row in rows],
        )
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA user_version = 1")  # the addresses are still in the file, see compact
    with op.batch_alter_table("chats", table_kwargs=_NEVER_REUSED) as table:
        table.alter_column("key", existing_type=sa.String(64), nullable=False)
        table.create_unique_constraint(op.f("uq_chats_channel_key_thread"), ["channel", "key", "thread"])


def _extend_deliveries() -> None:
    with op.batch_alter_table("deliveries", table_kwargs=_NEVER_REUSED) as table:
        table.drop_constraint(op.f("uq_deliveries_chat_id_article_kind"), type_="unique")
        table.add_column(sa.Column("about", sa.String(255), nullable=False, server_default=""))
        table.add_column(sa.Column("because", sa.String(255)))
        table.add_column(sa.Column("held_until", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("owner", sa.String(64)))
        table.add_column(sa.Column("lease_until", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("message_id", sa.BigInteger()))
        table.create_unique_constraint(
            op.f("uq_deliveries_chat_id_article_kind_about"), ["chat_id", "article", "kind", "about"]
        )
    with op.batch_alter_table("deliveries", table_kwargs=_NEVER_REUSED) as table:
        table.alter_column("about", existing_type=sa.String(255), server_default=None)
    op.create_index(op.f("ix_deliveries_article_state"), "deliveries", ["article", "state"])
    op.create_index(op.f("ix_deliveries_chat_id_state"), "deliveries", ["chat_id", "state"])
    # Nobody sends any more what the version before this one was sending: it did not know owners.
    op.execute("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")


def _create_tables() -> None:
    op.create_table(
        "own_topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_of_chat("own_topics"),
        **_NEVER_REUSED,
    )
    op.create_index(op.f("ix_own_topics_chat_id"), "own_topics", ["chat_id"])
    op.create_table(
        "awaited",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *_of_chat("awaited"),
        **_NEVER_REUSED,
    )
    op.create_index(op.f("ix_awaited_chat_id"), "awaited", ["chat_id"])
    op.create_table(
        "shown",
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.String(255), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        *_of_chat("shown", "chat_id", "sentence", "language"),
    )
    op.create_index(op.f("ix_shown_sentence_language"), "shown", ["sentence", "language"])
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(255), nullable=False),
        sa.Column("sentence", sa.String(255), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("now", sa.Text()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        **_NEVER_REUSED,
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(255), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text()),
        sa.Column("publish_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        **_NEVER_REUSED,
    )
    op.create_table(
        "watched",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_watched")),
    )
    op.create_table(
        "counts",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", name=op.f("pk_counts")),
    )
    op.create_table(
        "refusals",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("sentence", sa.String(255), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("month", "sentence", "asker", name=op.f("pk_refusals")),
    )
    op.create_table(
        "vault",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_vault")),
    )


def _of_chat(table: str, *key: str) -> tuple[sa.PrimaryKeyConstraint, sa.ForeignKeyConstraint]:
    """The constraints of a table whose rows belong to a chat and go with it."""
    return (
        sa.PrimaryKeyConstraint(*(key or ("id",)), name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], ondelete="CASCADE", name=op.f(f"fk_{table}_chat_id")),
    )


def downgrade() -> None:
    """There is no way back to tables that would hold everybody's address for all to read."""
    raise NotImplementedError
