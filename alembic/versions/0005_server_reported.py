"""What an answer's server reported of it, the first text that is no reasoning, and how many tokens came at once."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("responses", sa.Column("first_visible_ns", sa.BigInteger(), nullable=True))
    op.add_column("responses", sa.Column("first_tokens", sa.BigInteger(), nullable=True))
    op.add_column("responses", sa.Column("server_reported", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("responses", "server_reported")
    op.drop_column("responses", "first_tokens")
    op.drop_column("responses", "first_visible_ns")
