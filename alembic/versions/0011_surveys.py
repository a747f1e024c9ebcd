"""What the rows of an evaluation come to, kept so that its ranking need not read them all again."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_surveys_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation", name="pk_surveys"),
    )


def downgrade() -> None:
    op.drop_table("surveys")
