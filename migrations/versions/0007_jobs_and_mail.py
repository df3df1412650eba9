"""Jobs and mail: runs that are due again, and the language of a mail.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting', 'running', 'done', 'failed')"


def upgrade() -> None:
    with op.batch_alter_table("job_run") as table:
        table.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("ck_job_run_state"), type_="check")
        table.create_check_constraint(op.f("ck_job_run_state"), STATES)
        table.create_index(op.f("ix_job_run_due_at"), ["due_at"])
    op.execute("UPDATE job_run SET due_at = started_at WHERE state <> 'done'")
    op.execute("UPDATE job_run SET failing_since = started_at WHERE state = 'failed'")
    with op.batch_alter_table("job_run") as table:
        table.alter_column("attempts", existing_type=sa.Integer(), server_default=None)
        table.create_check_constraint(op.f("ck_job_run_due"), "(state = 'done') = (due_at IS NULL)")
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("language", sa.String(), nullable=False, server_default="en"))
    with op.batch_alter_table("outbox") as table:
        table.alter_column("language", existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        table.drop_column("language")
    op.execute("DELETE FROM job_run WHERE state = 'waiting'")
    with op.batch_alter_table("job_run") as table:
        table.drop_index(op.f("ix_job_run_due_at"))
        table.drop_constraint(op.f("ck_job_run_due"), type_="check")
        table.drop_constraint(op.f("ck_job_run_state"), type_="check")
        table.create_check_constraint(
            op.f("ck_job_run_state"), "state IN ('running', 'done', 'failed')"
        )
        table.drop_column("failing_since")
        table.drop_column("due_at")
        table.drop_column("attempts")
