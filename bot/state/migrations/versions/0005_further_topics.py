"""Every topic in a person's own words by which something is owed is kept: one may go, and the others still want it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the column; of what is owed already one topic is known."""
    op.add_column("deliveries", sa.Column("also", sa.Text()))


def downgrade() -> None:
    """There is no way back: a former version would skip what another topic still wants."""
    raise NotImplementedError
