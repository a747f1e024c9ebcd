"""How judges graded answers of known grade."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "canaries",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("judge", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("prompt", NAME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"],
            ["evaluations.id"],
            name="fk_canaries_evaluation_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation", "judge", "name", name="pk_canaries"),
    )
    op.create_index("ix_canaries_key", "canaries", ["key"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_canaries_key", table_name="canaries")
    op.drop_table("canaries")
