"""The history of defaults: which model was adopted for which use and device, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "defaults",
        sa.Column("id", NAME, nullable=False),
        sa.Column("use", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("candidate", NAME, nullable=False),
        sa.Column("model", NAME, nullable=False),
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_defaults"),
    )
    op.create_index("ix_defaults_use_device_id", "defaults", ["use", "device", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_defaults_use_device_id", table_name="defaults")
    op.drop_table("defaults")
