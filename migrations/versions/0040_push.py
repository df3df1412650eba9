"""Notifications: the browsers in which they are on, and the messages on their way.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("server_key", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        _key("push_subscription", "member_id", "member"),
        _key("push_subscription", "session_id", "sign_in_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("public_id", name=op.f("uq_push_subscription_public_id")),
        sa.UniqueConstraint("session_id", name=op.f("uq_push_subscription_session_id")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index("ix_push_subscription_member_id", "push_subscription", ["member_id"])
    op.create_table(
        "push_message",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("not_after", WHEN, nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_at", WHEN, nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'refused', 'late')", name=op.f("ck_push_message_state")
        ),
        _key("push_message", "subscription_id", "push_subscription", ondelete="CASCADE"),
        _key("push_message", "member_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_message")),
    )
    op.create_index("ix_push_message_member_id", "push_message", ["member_id"])
    op.create_index("ix_push_message_state_due_at", "push_message", ["state", "due_at"])
    op.create_index("ix_push_message_subscription_id", "push_message", ["subscription_id"])


def _key(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    op.drop_table("push_message")
    op.drop_table("push_subscription")
