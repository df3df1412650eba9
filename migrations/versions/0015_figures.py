"""Counts of past days; bookings and entries of waitlists that lose their person; trigrams of names;
records of rows.

Revision ID: 0015
Revises: 0014
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIGURES = "'passes', 'people', 'guided', 'no_shows', 'filled', 'captured'"
# Partial indexes, which a batch would make anew over all rows.
LIVE = {
    "booking": ("uq_booking_live", "state <> 'cancelled'"),
    "queue_entry": ("uq_queue_entry_live", "state = 'waiting'"),
}
PLAIN = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ə": "e",
    }
)
APPEND_ONLY = ("daily_count", "counted_days", "row_record")


def upgrade() -> None:
    for table in LIVE:
        _let_members_be_removed(table)
    op.create_index("ix_booking_session_id", "booking", ["session_id"])
    op.create_table(
        "daily_count",
        sa.Column("id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("campus", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_daily_count_hour")),
        sa.CheckConstraint(f"figure IN ({FIGURES})", name=op.f("ck_daily_count_figure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_count")),
    )
    op.create_index(op.f("ix_daily_count_day"), "daily_count", ["day"])
    op.create_table(
        "counted_days",
        sa.Column("id", BIG, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_counted_days_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_days")),
    )
    op.create_table(
        "name_trigram",
        sa.Column("trigram", sa.String(), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_name_trigram_member_id")
        ),
        sa.PrimaryKeyConstraint("trigram", "member_id", name=op.f("pk_name_trigram")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "row_record",
        sa.Column("id", BIG, nullable=False),
        sa.Column("of_table", sa.String(), nullable=False),
        sa.Column("row_id", BIG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_record")),
    )
    op.create_index("ix_row_record_row", "row_record", ["of_table", "row_id"])
    op.create_index(op.f("ix_name_trigram_member_id"), "name_trigram", ["member_id"])
    _index_names()
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def _index_names() -> None:
    """Fill the trigrams as the service does; it does so again where this copy should differ."""
    table = sa.table("name_trigram", sa.column("trigram"), sa.column("member_id"))
    people = op.get_bind().execute(sa.text("SELECT id, name, email FROM member ORDER BY id")).all()
    rows = [
        {"trigram": trigram, "member_id": member_id}
        for member_id, name, email in people
        for trigram in sorted(_trigrams(f"{name} {email.rpartition('@')[0]}"))
    ]
    if rows:
        op.bulk_insert(table, rows)


def _trigrams(text: str) -> set[str]:
    apart = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    words = []
    for word in letters.translate(PLAIN).casefold().split():
        parts = re.findall(r"[^\W_]+", word)
        words += parts + (["".join(parts)] if len(parts) > 1 else [])
    return {f"  {word}"[place : place + 3] for word in words for place in range(len(word))}


def _let_members_be_removed(table: str) -> None:
    name, live = LIVE[table]
    op.drop_index(name, table)
    with op.batch_alter_table(table) as batch:
        batch.alter_column("member_id", existing_type=BIG, nullable=True)
    op.create_index(
        name,
        table,
        ["session_id", "member_id"],
        unique=True,
        sqlite_where=sa.text(live),
        postgresql_where=sa.text(live),
    )


def downgrade() -> None:
    op.drop_table("row_record")
    op.drop_table("name_trigram")
    op.drop_table("counted_days")
    op.drop_table("daily_count")
    op.drop_index("ix_booking_session_id", "booking")
    # `member_id` stays nullable: rows that have lost their person cannot get one again, and the older version reads
    # them only in counts.
