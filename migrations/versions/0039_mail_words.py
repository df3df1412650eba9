"""Words of mails that managers change, and quiet hours.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
HOURS = (("quiet_from", "22"), ("quiet_until", "8"))
TIMES = ("act_by", "quiet_until")


def upgrade() -> None:
    op.create_table(
        "mail_words",
        sa.Column("id", BIG, nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("language IN ('fi', 'sv', 'en')", name=op.f("ck_mail_words_language")),
        sa.CheckConstraint(
            "(subject IS NULL) = (body IS NULL) AND (title IS NULL) = (body IS NULL)",
            name=op.f("ck_mail_words_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_words")),
        sa.UniqueConstraint(
            "template",
            "language",
            "version",
            name=op.f("uq_mail_words_template_language_version"),
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER mail_words_append_only BEFORE UPDATE OR DELETE ON mail_words "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )
    for name, hour in HOURS:
        op.add_column(
            "service_profile", sa.Column(name, sa.Integer(), server_default=hour, nullable=False)
        )
    for name in TIMES:
        op.add_column("outbox", sa.Column(name, WHEN, nullable=True))


def downgrade() -> None:
    for name in TIMES:
        op.drop_column("outbox", name)
    for name, _ in HOURS:
        op.drop_column("service_profile", name)
    op.drop_table("mail_words")
