"""Customer groups with names and an end, and the group of an institution from a day on.

Revision ID: 0073
Revises: 0072
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

LANGUAGES = ("fi", "sv", "en")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RECORDED = ("customer_group", "institution_group", "price_group")
SINCE = date(2000, 1, 1)
"""Before any price: the groups of earlier versions had no first day."""


def upgrade() -> None:
    op.create_table(
        "customer_group",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        *(sa.Column(f"name_{language}", sa.String(), nullable=False) for language in LANGUAGES),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_group")),
        sa.UniqueConstraint("code", name=op.f("uq_customer_group_code")),
    )
    op.create_table(
        "institution_group",
        sa.Column("id", ID, nullable=False),
        sa.Column("institution_id", ID, nullable=False),
        sa.Column("customer_group_id", ID, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_institution_group_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_group_id"],
            ["customer_group.id"],
            name=op.f("fk_institution_group_customer_group_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_group")),
        sa.UniqueConstraint(
            "institution_id",
            "valid_from",
            name=op.f("uq_institution_group_institution_id_valid_from"),
        ),
    )
    # A group had only a code; a price may name one that no institution is in.
    op.execute(
        "INSERT INTO customer_group (code, name_fi, name_sv, name_en) "
        "SELECT code, code, code, code FROM (SELECT code FROM price_group "
        "UNION SELECT price_group FROM price WHERE price_group <> '') AS found ORDER BY code"
    )
    op.execute(
        sa.text(
            "INSERT INTO institution_group (institution_id, customer_group_id, valid_from) "
            "SELECT price_group.institution_id, customer_group.id, :since FROM price_group "
            "JOIN customer_group ON customer_group.code = price_group.code "
            "ORDER BY price_group.institution_id"
        ).bindparams(sa.bindparam("since", SINCE, sa.Date()))
    )
    op.drop_table("price_group")


def downgrade() -> None:
    """An older version knows one group of an institution, and no name or end of it."""
    op.create_table(
        "price_group",
        sa.Column("institution_id", ID, autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_price_group_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_price_group")),
    )
    op.execute(
        "INSERT INTO price_group (institution_id, code) "
        "SELECT one.institution_id, customer_group.code FROM institution_group AS one "
        "JOIN customer_group ON customer_group.id = one.customer_group_id "
        "WHERE one.valid_from = (SELECT max(other.valid_from) FROM institution_group AS other "
        "WHERE other.institution_id = one.institution_id AND other.valid_from <= CURRENT_DATE)"
    )
    op.drop_table("institution_group")
    op.drop_table("customer_group")
    _forget_records()


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    names = ", ".join(f"'{name}'" for name in RECORDED)
    forget = f"DELETE FROM row_record WHERE of_table IN ({names})"  # noqa: S608 -- constants
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE row_record DISABLE TRIGGER row_record_append_only")
        op.execute(forget)
        op.execute("ALTER TABLE row_record ENABLE TRIGGER row_record_append_only")
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'row_record_no_delete'")
    trigger = connection.execute(made).scalar_one()
    op.execute("DROP TRIGGER row_record_no_delete")
    op.execute(forget)
    op.execute(trigger)
