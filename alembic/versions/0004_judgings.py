"""Judging again: verdicts found by content address in whatever evaluation, whose answers an evaluation took over."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("source", NAME, nullable=True))
    op.add_column("qualifications", sa.Column("terms", sa.Text(), nullable=True))
    op.create_index("ix_verdicts_key", "verdicts", ["key"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_verdicts_key", table_name="verdicts")
    op.drop_column("qualifications", "terms")
    op.drop_column("evaluations", "source")
