"""How many tokens a server counted for an answer and never sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("responses", sa.Column("hidden_tokens", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("responses", "hidden_tokens")
