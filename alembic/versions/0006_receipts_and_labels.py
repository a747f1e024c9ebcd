"""Receipts of requests with an Idempotency-Key; labels, and the names that evaluations are found by."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("caller", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("request", NAME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_receipts"),
    )
    op.create_index("ix_receipts_kept_at", "receipts", ["kept_at"], unique=False)
    op.create_table(
        "evaluation_words",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("word", NAME, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"],
            ["evaluations.id"],
            name="fk_evaluation_words_evaluation_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation", "kind", "word", name="pk_evaluation_words"),
    )
    op.create_index(
        "ix_evaluation_words_kind_word_evaluation",
        "evaluation_words",
        ["kind", "word", "evaluation"],
        unique=False,
    )
    op.add_column("evaluations", sa.Column("labels", sa.Text(), nullable=False, server_default="[]"))
    _find_words()


def downgrade() -> None:
    op.drop_column("evaluations", "labels")
    op.drop_index("ix_evaluation_words_kind_word_evaluation", table_name="evaluation_words")
    op.drop_table("evaluation_words")
    op.drop_index("ix_receipts_kept_at", table_name="receipts")
    op.drop_table("receipts")


def _find_words() -> None:
    """Let the evaluations that are there already be found by their candidates, models and judges."""
    evaluations = sa.table("evaluations", sa.column("id"), sa.column("spec"))
    words = sa.table("evaluation_words", sa.column("evaluation"), sa.column("kind"), sa.column("word"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(evaluations.c.id, evaluations.c.spec)).all():
        spec = json.loads(row.spec)
        found = {("candidate", one["name"]) for one in spec["candidates"]}
        found |= {("candidate", one["model"]) for one in spec["candidates"]}
        found |= {("judge", one["model"]) for one in spec["judges"]}
        rows = [{"evaluation": row.id, "kind": kind, "word": word} for kind, word in sorted(found)]
        connection.execute(sa.insert(words), rows)
