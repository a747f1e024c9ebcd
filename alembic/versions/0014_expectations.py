"""The level that a judge's probabilities come to, beside its score."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("expectation", sa.Double(), nullable=True))
    op.add_column("verdicts", sa.Column("no_expectation", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("verdicts", "no_expectation")
    op.drop_column("verdicts", "expectation")
