"""Each look at whether more judging could change the choice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("leader", NAME, nullable=True),
        sa.Column("p_within", sa.Double(), nullable=True),
        sa.Column("bar", sa.Double(), nullable=True),
        sa.Column("decision", NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_looks_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation", "number", name="pk_looks"),
    )


def downgrade() -> None:
    op.drop_table("looks")
