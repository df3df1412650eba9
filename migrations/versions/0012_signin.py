"""Sign-in: the browser that asked for a code; the public id and the browser's name of a session.

Revision ID: 0012
Revises: 0011
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_code", sa.Column("browser", sa.LargeBinary(), nullable=True))
    for name in ("browser", "system"):
        op.add_column(
            "sign_in_session", sa.Column(name, sa.String(), server_default="", nullable=False)
        )
    op.add_column("sign_in_session", sa.Column("public_id", sa.Uuid(), nullable=True))
    sessions = sa.table("sign_in_session", sa.column("id"), sa.column("public_id", sa.Uuid()))
    connection = op.get_bind()
    for session_id in connection.scalars(sa.select(sessions.c.id)).all():
        connection.execute(
            sa.update(sessions).where(sessions.c.id == session_id).values(public_id=uuid.uuid4())
        )
    with op.batch_alter_table("sign_in_session") as batch:
        batch.alter_column("public_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_unique_constraint(op.f("uq_sign_in_session_public_id"), ["public_id"])


def downgrade() -> None:
    with op.batch_alter_table("sign_in_session") as batch:
        batch.drop_constraint(op.f("uq_sign_in_session_public_id"), type_="unique")
        batch.drop_column("public_id")
        batch.drop_column("system")
        batch.drop_column("browser")
    op.drop_column("sign_in_code", "browser")
