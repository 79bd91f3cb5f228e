"""Who brought a draft is kept no longer: nobody ever asked."""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Drop the column, and have SQLite's file cleared of what stood in it."""
    connection = op.get_bind()
    drafts = sa.table("drafts", sa.column("made_by"))
    named = connection.scalar(sa.select(sa.exists().where(drafts.c.made_by.is_not(None))))
    with op.batch_alter_table("drafts", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("made_by")
    if named and connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 1")  # see bot.state.database.Engines.compact


def downgrade() -> None:
    """There is no way back to what is kept no longer."""
    raise NotImplementedError
