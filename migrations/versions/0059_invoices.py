"""Payers, and invoices to them with their lines, mails and payments.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
IS_INVOICE = sa.text("kind = 'invoice'")
APPEND_ONLY = ("seller_account", "invoice", "invoice_line", "invoice_mail", "invoice_payment")
ADDRESS = ("street", "post_code", "town", "country", "einvoice_address", "einvoice_operator")
RECORDED = ("payer",)


def upgrade() -> None:
    _payers()
    _drafts()
    _invoices()
    _payments()
    table = sa.table(
        "receipt_series", *(sa.column(name) for name in ("purpose", "code", "reason", "begun_at"))
    )
    taken = op.get_bind().scalar(sa.text("SELECT count(*) FROM receipt_series WHERE code = 'L'"))
    if not taken:
        op.execute(
            table.insert().values(
                purpose="invoice", code="L", reason="first", begun_at=sa.func.now()
            )
        )
    if op.get_bind().dialect.name == "postgresql":
        for name in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _payers() -> None:
    op.create_table(
        "payer",
        sa.Column("id", ID, nullable=False),
        *_texts("code", "name", "business_id", "vat_id", *ADDRESS, "email", "language"),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("payment_days BETWEEN 0 AND 90", name=op.f("ck_payer_payment_days")),
        sa.CheckConstraint("language IN ('fi', 'sv', 'en')", name=op.f("ck_payer_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer")),
        sa.UniqueConstraint("code", name=op.f("uq_payer_code")),
    )
    op.create_table(
        "seller_account",
        sa.Column("id", ID, nullable=False),
        *_texts("iban", "bic", "vat_id", *ADDRESS),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_seller_account_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_account")),
    )


def _drafts() -> None:
    op.create_table(
        "invoice_draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", ID, nullable=False),
        *_texts("buyer_reference"),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["payer.id"], name=op.f("fk_invoice_draft_payer_id_payer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invoice_draft_public_id")),
    )
    op.create_table(
        "invoice_draft_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("draft_id", ID, nullable=False),
        *_texts("text"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cents", sa.Integer(), nullable=False),
        *_texts("vat_category"),
        sa.Column("supplied_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 1000000", name=op.f("ck_invoice_draft_line_quantity")
        ),
        sa.CheckConstraint(
            "unit_cents BETWEEN 0 AND 10000000", name=op.f("ck_invoice_draft_line_unit_cents")
        ),
        sa.CheckConstraint(
            "vat_category IN ('exercise', 'coaching', 'other')",
            name=op.f("ck_invoice_draft_line_vat_category"),
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["invoice_draft.id"], name=op.f("fk_invoice_draft_line_draft_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_draft_line")),
    )
    op.create_index("ix_invoice_draft_line_draft_id", "invoice_draft_line", ["draft_id"])


def _invoices() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        *_texts("series"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *_texts("kind"),
        sa.Column("credits_id", ID, nullable=True),
        sa.Column("payer_id", ID, nullable=False),
        sa.Column("payer_details", sa.JSON(), nullable=False),
        sa.Column("seller_details", sa.JSON(), nullable=False),
        *_texts("buyer_reference", "reference"),
        sa.Column("issued_at", WHEN, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("net_cents", ID, nullable=False),
        sa.Column("tax_cents", ID, nullable=False),
        sa.Column("cents", ID, nullable=False),
        sa.CheckConstraint(
            "(kind = 'invoice' AND credits_id IS NULL AND cents > 0)"
            " OR (kind = 'credit' AND credits_id IS NOT NULL AND cents < 0)",
            name=op.f("ck_invoice_kind"),
        ),
        sa.CheckConstraint("net_cents + tax_cents = cents", name=op.f("ck_invoice_sum")),
        sa.ForeignKeyConstraint(
            ["credits_id"], ["invoice.id"], name=op.f("fk_invoice_credits_id_invoice")
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_invoice_payer_id_payer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invoice_public_id")),
        sa.UniqueConstraint("series", "year", "number", name=op.f("uq_invoice_series_year_number")),
    )
    op.create_index("ix_invoice_payer_id", "invoice", ["payer_id"])
    op.create_index("uq_invoice_credits_id", "invoice", ["credits_id"], unique=True)
    op.create_index(
        "uq_invoice_reference",
        "invoice",
        ["reference"],
        unique=True,
        sqlite_where=IS_INVOICE,
        postgresql_where=IS_INVOICE,
    )
    op.create_table(
        "invoice_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        *_texts("text"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cents", sa.Integer(), nullable=False),
        sa.Column("vat_bp", sa.Integer(), nullable=False),
        sa.Column("supplied_on", sa.Date(), nullable=False),
        sa.Column("net_cents", ID, nullable=False),
        sa.Column("tax_cents", ID, nullable=False),
        sa.CheckConstraint("vat_bp BETWEEN 0 AND 10000", name=op.f("ck_invoice_line_vat")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
    )
    op.create_index("ix_invoice_line_invoice_id", "invoice_line", ["invoice_id"])
    op.create_table(
        "invoice_mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        *_texts("recipient"),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_mail_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_mail")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_invoice_mail_invoice_id")),
    )


def _payments() -> None:
    op.create_table(
        "invoice_payment",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", ID, nullable=True),
        *_texts("reference"),
        sa.Column("cents", ID, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        *_texts("source"),
        sa.Column("bank_key", sa.String(), nullable=True),
        *_texts("note"),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.CheckConstraint("cents <> 0", name=op.f("ck_invoice_payment_cents")),
        sa.CheckConstraint(
            "(source = 'bank' AND bank_key IS NOT NULL)"
            " OR (source = 'hand' AND bank_key IS NULL AND invoice_id IS NOT NULL)",
            name=op.f("ck_invoice_payment_source"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_payment_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_invoice_payment_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_payment")),
        sa.UniqueConstraint("bank_key", name=op.f("uq_invoice_payment_bank_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invoice_payment_public_id")),
    )
    op.create_index("ix_invoice_payment_invoice_id", "invoice_payment", ["invoice_id"])


def downgrade() -> None:
    op.drop_table("invoice_payment")
    op.drop_table("invoice_mail")
    op.drop_table("invoice_line")
    op.drop_table("invoice")
    op.drop_table("invoice_draft_line")
    op.drop_table("invoice_draft")
    op.drop_table("seller_account")
    op.drop_table("payer")
    _forget("receipt_series", "purpose = 'invoice'")
    op.execute("DELETE FROM receipt_sequence WHERE series = 'L'")
    # The next upgrade records the rows as it finds them.
    names = ", ".join(f"'{name}'" for name in RECORDED)
    _forget("row_record", f"of_table IN ({names})")


def _forget(table: str, which: str) -> None:
    """Delete rows of an append-only table."""
    connection = op.get_bind()
    forget = f"DELETE FROM {table} WHERE {which}"  # noqa: S608 -- constants
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        op.execute(forget)
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")
        return
    made = sa.text(f"SELECT sql FROM sqlite_master WHERE name = '{table}_no_delete'")  # noqa: S608
    trigger = connection.execute(made).scalar_one()
    op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute(forget)
    op.execute(trigger)
