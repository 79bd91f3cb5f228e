"""An outage uses up no tries, and what is followed no more is not sent: both are told by what is kept from now on."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add columns; of what was tried before, all tries count, and of what was announced no topics are known."""
    op.add_column("deliveries", sa.Column("unheard", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("begun_at", sa.DateTime(timezone=True)))
    op.add_column("announcements", sa.Column("topics", sa.Text()))


def downgrade() -> None:
    """There is no way back: a former version would take an outage for refusals."""
    raise NotImplementedError
