"""Comparisons of two answers, in both orders."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pairs",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("judge", NAME, nullable=False),
        sa.Column("prompt", NAME, nullable=False),
        sa.Column("preference", NAME, nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("planted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_pairs_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation", "key", name="pk_pairs"),
    )


def downgrade() -> None:
    op.drop_table("pairs")
