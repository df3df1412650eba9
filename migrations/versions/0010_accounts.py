"""Changes of e-mail addresses; on PostgreSQL no append-only table can be truncated.

Row triggers do not fire on TRUNCATE, so each append-only table gets a trigger for the statement.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SUFFIX = "_append_only"
APPEND_ONLY = (
    "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND NOT tgisinternal AND tgname = relname || '_append_only' ORDER BY relname"
)


def upgrade() -> None:
    op.create_table(
        "email_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_email_change_tries")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_email_change_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
    )
    op.create_index(op.f("ix_email_change_member_id"), "email_change", ["member_id"])
    for table in _append_only_tables():
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    for table in _append_only_tables():
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
    op.drop_table("email_change")


def _append_only_tables() -> list[str]:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return []
    return list(connection.exec_driver_sql(APPEND_ONLY).scalars())
