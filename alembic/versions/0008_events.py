"""What happens to an evaluation, how fast models are, what is wanted of judges, and the time that was spent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_events_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation", "seq", name="pk_events"),
    )
    op.create_table(
        "paces",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("model", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("version", NAME, nullable=True),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("seconds_per_call", sa.Double(), nullable=False),
        sa.Column("load_seconds", sa.Double(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("evaluation", "role", "model", name="pk_paces"),
    )
    op.create_index(
        "ix_paces_device_role_model_moment", "paces", ["device", "role", "model", "moment"], unique=False
    )
    op.add_column("evaluations", sa.Column("verdicts_wanted", sa.BigInteger(), nullable=True))
    op.add_column(
        "evaluations", sa.Column("active_seconds", sa.Double(), nullable=False, server_default=sa.text("0"))
    )


def downgrade() -> None:
    op.drop_column("evaluations", "active_seconds")
    op.drop_column("evaluations", "verdicts_wanted")
    op.drop_index("ix_paces_device_role_model_moment", table_name="paces")
    op.drop_table("paces")
    op.drop_table("events")
