"""Examinations of judges that were asked for, so that no restart forgets one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "hearings",
        sa.Column("key", NAME, nullable=False),
        sa.Column("judge", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_hearings"),
    )
    op.create_index("ix_hearings_judge_began_at", "hearings", ["judge", "began_at"], unique=False)
    op.create_index("ix_hearings_device_state", "hearings", ["device", "state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_hearings_device_state", table_name="hearings")
    op.drop_index("ix_hearings_judge_began_at", table_name="hearings")
    op.drop_table("hearings")
