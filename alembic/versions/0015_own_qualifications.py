"""An evaluation from elsewhere keeps the examination of its judge that it came with."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evaluation_qualifications", sa.Column("own", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("evaluation_qualifications", "own")
