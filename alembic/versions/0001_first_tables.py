"""First tables: evaluations and everything that is kept for them.

The types are spelled out and not imported: a migration must go on meaning what it meant when it was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("device", NAME, nullable=False),
        sa.Column("use", NAME, nullable=False),
        sa.Column("rubric", NAME, nullable=False),
        sa.Column("rubric_fingerprint", NAME, nullable=False),
        sa.Column("prompt_set", NAME, nullable=False),
        sa.Column("prompt_set_fingerprint", NAME, nullable=False),
        sa.Column("profile", NAME, nullable=False),
        sa.Column("profile_fingerprint", NAME, nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("fruitless", sa.Integer(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
    )
    op.create_index("ix_evaluations_device_status", "evaluations", ["device", "status"], unique=False)
    op.create_index("ix_evaluations_status_id", "evaluations", ["status", "id"], unique=False)
    op.create_table(
        "qualifications",
        sa.Column("key", NAME, nullable=False),
        sa.Column("judge", NAME, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_qualifications"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("stage", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.Column("forgiven", sa.Boolean(), nullable=False),
        sa.Column("candidate", NAME, nullable=True),
        sa.Column("prompt", NAME, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_attempts_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index(
        "ix_attempts_evaluation_stage_subject", "attempts", ["evaluation", "stage", "subject"], unique=False
    )
    op.create_table(
        "evaluation_qualifications",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("qualification", NAME, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"],
            ["evaluations.id"],
            name="fk_evaluation_qualifications_evaluation_evaluations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["qualification"],
            ["qualifications.key"],
            name="fk_evaluation_qualifications_qualification_qualifications",
        ),
        sa.PrimaryKeyConstraint("evaluation", "qualification", name="pk_evaluation_qualifications"),
    )
    op.create_table(
        "loads",
        sa.Column("id", NAME, nullable=False),
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("pass_number", sa.Integer(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("runtime", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("context", sa.BigInteger(), nullable=True),
        sa.Column("cold_first_token", sa.Double(), nullable=True),
        sa.Column("cold_latency", sa.Double(), nullable=True),
        sa.Column("warmups", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_loads_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_loads"),
    )
    op.create_index("ix_loads_evaluation", "loads", ["evaluation"], unique=False)
    op.create_table(
        "responses",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("candidate", NAME, nullable=False),
        sa.Column("prompt", NAME, nullable=False),
        sa.Column("pass_number", sa.Integer(), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("load", NAME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("finish", sa.Text(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), nullable=True),
        sa.Column("last_ns", sa.BigInteger(), nullable=True),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=True),
        sa.Column("chunks", sa.BigInteger(), nullable=False),
        sa.Column("asked_as", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_responses_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "evaluation", "candidate", "prompt", "pass_number", "round_number", name="pk_responses"
        ),
    )
    op.create_table(
        "verdicts",
        sa.Column("evaluation", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("facet", NAME, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluations.id"], name="fk_verdicts_evaluation_evaluations", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation", "key", name="pk_verdicts"),
    )


def downgrade() -> None:

    op.drop_table("verdicts")
    op.drop_table("responses")
    op.drop_index("ix_loads_evaluation", table_name="loads")
    op.drop_table("loads")
    op.drop_table("evaluation_qualifications")
    op.drop_index("ix_attempts_evaluation_stage_subject", table_name="attempts")
    op.drop_table("attempts")
    op.drop_table("qualifications")
    op.drop_index("ix_evaluations_status_id", table_name="evaluations")
    op.drop_index("ix_evaluations_device_status", table_name="evaluations")
    op.drop_table("evaluations")
