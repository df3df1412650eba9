"""Receipts: series of numbers, lines with the VAT of the payment, credit notes, and what was credited.

What was sold before keeps its number, in the series without a code, and the VAT that was printed.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
SALE = sa.text("kind = 'sale'")
NO_CREDIT = sa.text("kind <> 'credit'")
FIRST = (("web", ""), ("desk", "T"), ("credit", "C"))
APPEND_ONLY = ("receipt_series", "receipt_line")


def upgrade() -> None:
    _series()
    _receipts()
    op.create_table(
        "receipt_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("receipt_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("credits_id", ID, nullable=True),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("vat_bp", sa.Integer(), nullable=False),
        sa.Column("vat_cents", sa.Integer(), nullable=False),
        sa.Column("supplied_on", sa.Date(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("vat_bp BETWEEN 0 AND 10000", name=op.f("ck_receipt_line_vat")),
        sa.CheckConstraint(
            "credits_id IS NULL OR cents <= 0", name=op.f("ck_receipt_line_credits")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_receipt_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["credits_id"], ["receipt_line.id"], name=op.f("fk_receipt_line_credits_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
        sa.UniqueConstraint(
            "receipt_id", "order_line_id", name=op.f("uq_receipt_line_receipt_id_order_line_id")
        ),
    )
    for column in ("order_line_id", "credits_id"):
        op.create_index(op.f(f"ix_receipt_line_{column}"), "receipt_line", [column])
    op.create_table(
        "credited_line",
        sa.Column("receipt_line_id", ID, nullable=False),
        sa.Column("sold_cents", sa.Integer(), nullable=False),
        sa.Column("credited_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "credited_cents BETWEEN 0 AND sold_cents", name=op.f("ck_credited_line_credited")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_line_id"], ["receipt_line.id"], name=op.f("fk_credited_line_receipt_line_id")
        ),
        sa.PrimaryKeyConstraint("receipt_line_id", name=op.f("pk_credited_line")),
    )
    _carry_over()
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _series() -> None:
    op.create_table(
        "receipt_series",
        sa.Column("id", ID, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.CheckConstraint("reason IN ('first', 'restore')", name=op.f("ck_receipt_series_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_series")),
    )
    op.create_index("uq_receipt_series_code", "receipt_series", ["code"], unique=True)
    table = sa.table(
        "receipt_series", *(sa.column(name) for name in ("purpose", "code", "reason", "begun_at"))
    )
    for purpose, code in FIRST:
        op.execute(
            table.insert().values(
                purpose=purpose, code=code, reason="first", begun_at=sa.func.now()
            )
        )
    _sequences(sa.Column("series", sa.String(), server_default="", nullable=False))


def _sequences(*series: sa.Column[str]) -> None:
    """Make the table of the last numbers anew, by series and year or by year."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT year, last FROM receipt_sequence")).all()
    op.drop_table("receipt_sequence")
    op.create_table(
        "receipt_sequence",
        *series,
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *(column.name for column in series), "year", name=op.f("pk_receipt_sequence")
        ),
    )
    for year, last in rows:
        connection.execute(
            sa.text("INSERT INTO receipt_sequence (year, last) VALUES (:year, :last)"),
            {"year": year, "last": last},
        )


def _receipts() -> None:
    with op.batch_alter_table("receipt") as batch:
        batch.add_column(sa.Column("series", sa.String(), server_default="", nullable=False))
        batch.add_column(sa.Column("credits_id", ID, nullable=True))
        batch.add_column(
            sa.Column("seller_vat", sa.Boolean(), server_default=sa.text("true"), nullable=False)
        )
        batch.create_foreign_key(op.f("fk_receipt_credits_id"), "receipt", ["credits_id"], ["id"])
        batch.drop_constraint(op.f("uq_receipt_year_number"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_receipt_series_year_number"), ["series", "year", "number"]
        )
        batch.create_check_constraint(
            op.f("ck_receipt_credits"), "kind = 'refund' OR credits_id IS NULL"
        )
    op.drop_index("uq_receipt_order_id_kind", "receipt")
    op.create_index(
        "uq_receipt_order_id_kind",
        "receipt",
        ["order_id", "kind"],
        unique=True,
        sqlite_where=SALE,
        postgresql_where=SALE,
    )
    op.create_index(op.f("ix_receipt_order_id"), "receipt", ["order_id"])
    op.create_index(op.f("ix_receipt_credits_id"), "receipt", ["credits_id"])


def _carry_over() -> None:
    _triggers("DISABLE")
    op.execute(
        "UPDATE receipt SET credits_id = (SELECT sale.id FROM receipt AS sale WHERE sale.order_id = "
        "receipt.order_id AND sale.kind = 'sale') WHERE kind = 'refund'"
    )
    # A sale without any VAT in a price was made outside VAT, and so was its refund.
    op.execute(
        "UPDATE receipt SET seller_vat = false WHERE NOT EXISTS (SELECT 1 FROM order_line WHERE "
        "order_line.order_id = receipt.order_id AND "
        "(vat_bp > 0 OR order_line.cents = 0))"
    )
    _triggers("ENABLE")
    # Half up, as each line was rounded when it was printed; a refund has the negative.
    tax = "(2 * CAST(line.cents AS BIGINT) * line.vat_bp + 10000 + line.vat_bp) / (2 * (10000 + line.vat_bp))"
    columns = "receipt_id, order_line_id, credits_id, cents, vat_bp, vat_cents, supplied_on, name_fi, name_sv, name_en"
    joined = (
        "FROM receipt JOIN order_line AS line ON line.order_id = receipt.order_id "
        "JOIN product ON product.id = line.product_id"
    )
    op.execute(
        f"INSERT INTO receipt_line ({columns}) SELECT receipt.id, line.id, NULL, line.cents, line.vat_bp, {tax}, "
        f"line.supplied_on, product.name_fi, product.name_sv, product.name_en {joined} "
        "WHERE receipt.kind = 'sale' ORDER BY receipt.id, line.id"
    )
    op.execute(
        f"INSERT INTO receipt_line ({columns}) SELECT receipt.id, line.id, sold.id, -line.cents, line.vat_bp, "
        f"-({tax}), line.supplied_on, product.name_fi, product.name_sv, product.name_en {joined} "
        "LEFT JOIN receipt_line AS sold ON sold.receipt_id = receipt.credits_id AND sold.order_line_id = line.id "
        "WHERE receipt.kind = 'refund' ORDER BY receipt.id, line.id"
    )
    op.execute(
        "INSERT INTO credited_line (receipt_line_id, sold_cents, credited_cents) "
        "SELECT credits_id, -cents, -cents FROM receipt_line WHERE credits_id IS NOT NULL"
    )


def _triggers(word: str) -> None:
    # On SQLite the rebuild of the table has taken them, and the end of the migration makes them again.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE receipt {word} TRIGGER receipt_append_only")


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
    )


def downgrade() -> None:
    kept = op.get_bind().scalar(
        sa.text(
            "SELECT count(*) FROM receipt WHERE series <> '' OR (kind = 'refund' AND id NOT IN "
            "(SELECT min(id) FROM receipt WHERE kind = 'refund' GROUP BY order_id))"
        )
    )
    if kept:
        # The old schema cannot hold them, and a receipt is never deleted.
        raise RuntimeError(
            f"{kept} receipts of other series or credit notes would be lost, so nothing was changed. Restore a backup."
        )
    op.drop_table("credited_line")
    op.drop_table("receipt_line")
    op.drop_index(op.f("ix_receipt_credits_id"), "receipt")
    op.drop_index(op.f("ix_receipt_order_id"), "receipt")
    op.drop_index("uq_receipt_order_id_kind", "receipt")
    with op.batch_alter_table("receipt") as batch:
        batch.drop_constraint(op.f("ck_receipt_credits"), type_="check")
        batch.drop_constraint(op.f("fk_receipt_credits_id"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_receipt_series_year_number"), type_="unique")
        batch.drop_column("seller_vat")
        batch.drop_column("credits_id")
        batch.drop_column("series")
        batch.create_unique_constraint(op.f("uq_receipt_year_number"), ["year", "number"])
    op.create_index(
        "uq_receipt_order_id_kind",
        "receipt",
        ["order_id", "kind"],
        unique=True,
        sqlite_where=NO_CREDIT,
        postgresql_where=NO_CREDIT,
    )
    _sequences()
    op.drop_table("receipt_series")
