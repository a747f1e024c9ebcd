"""People's scores of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "annotations",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("item", NAME, nullable=False),
        sa.Column("facet", NAME, nullable=False),
        sa.Column("annotator", NAME, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation"],
            ["evaluations.id"],
            name="fk_annotations_evaluation_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation", "item", "facet", "annotator", name="pk_annotations"),
    )


def downgrade() -> None:
    op.drop_table("annotations")
