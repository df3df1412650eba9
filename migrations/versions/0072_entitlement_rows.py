"""What products open, at which campuses and of which kinds of sessions, as rows of their entitlements.

Revision ID: 0072
Revises: 0071
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RECORDED = ("product 4", "entitlement 2")
OPENED = ("gym", "class", "court")
ACTIVITIES = ("class", "course", "low_threshold", "online", "ball_turn", "club_turn", "event")
NAMED = "kind IN ('opens', 'campus', 'activity')"
NUMBERED = "kind IN ('booking_earlier', 'companions')"
HOURS = "(kind = 'hours') = (weekdays IS NOT NULL AND first_minute IS NOT NULL AND until_minute IS NOT NULL)"
MINUTES = "first_minute >= 0 AND first_minute < until_minute AND until_minute <= 1440"
VALUES = ("product_id", "kind", "weekdays", "first_minute", "until_minute", "number")
PRODUCT = sa.table(
    "product",
    sa.column("id", ID),
    sa.column("entitlements", sa.JSON),
    sa.column("campuses", sa.JSON),
)


def upgrade() -> None:
    connection = op.get_bind()
    columns = ", ".join(VALUES)
    stored = connection.execute(sa.text(f"SELECT {columns} FROM entitlement ORDER BY id"))  # noqa: S608 -- constants
    rows = [{"code": None, **row._mapping} for row in stored]
    for product, opened, campuses in connection.execute(
        sa.select(PRODUCT).order_by(PRODUCT.c.id)
    ).all():
        # What is none of the known rights opened nothing.
        rows += _named(product, "opens", [one for one in OPENED if one in opened])
        rows += _named(product, "campus", sorted(set(campuses)))
    op.drop_table("entitlement")
    table = _create(
        sa.Column("code", sa.String(), nullable=True),
        kinds="'opens', 'campus', 'activity', 'hours', 'booking_earlier', 'companions'",
        checks={
            "code_of": f"({NAMED}) = (code IS NOT NULL)",
            "opens": f"kind <> 'opens' OR code IN {OPENED}",
            "activity": f"kind <> 'activity' OR code IN {ACTIVITIES}",
            "number_of": f"({NUMBERED}) = (number IS NOT NULL)",
        },
        once=NUMBERED,
    )
    op.create_index(
        "uq_entitlement_named", "entitlement", ["product_id", "kind", "code"], unique=True
    )
    if rows:
        op.bulk_insert(table, rows)
    with op.batch_alter_table("product") as batch:
        batch.drop_column("entitlements")
        batch.drop_column("campuses")


def downgrade() -> None:
    """For an older version, what was limited to some kinds of sessions gives those of all kinds."""
    connection = op.get_bind()
    for name in ("entitlements", "campuses"):
        op.add_column("product", sa.Column(name, sa.JSON(), server_default="[]", nullable=False))
    kept: list[dict[str, Any]] = []
    opened: dict[int, list[str]] = {}
    campuses: dict[int, list[str]] = {}
    columns = ", ".join(("code", *VALUES))
    stored = connection.execute(sa.text(f"SELECT {columns} FROM entitlement ORDER BY id"))  # noqa: S608 -- constants
    for row in stored.all():
        if row.kind == "opens":
            opened.setdefault(row.product_id, []).append(row.code)
        elif row.kind == "campus":
            campuses.setdefault(row.product_id, []).append(row.code)
        elif row.kind != "activity":
            kept.append({name: getattr(row, name) for name in VALUES})
    for product in connection.scalars(sa.select(PRODUCT.c.id)).all():
        values = {"entitlements": opened.get(product, []), "campuses": campuses.get(product, [])}
        connection.execute(sa.update(PRODUCT).where(PRODUCT.c.id == product).values(values))
    with op.batch_alter_table("product") as batch:
        batch.alter_column("entitlements", server_default=None)
        batch.alter_column("campuses", server_default=None)
    op.drop_table("entitlement")
    table = _create(
        kinds="'hours', 'booking_earlier', 'companions'",
        checks={"number_of": "(kind = 'hours') = (number IS NULL)"},
        once="kind <> 'hours'",
    )
    if kept:
        op.bulk_insert(table, kept)
    _forget_records()


def _named(product: int, kind: str, codes: Iterable[str]) -> list[dict[str, Any]]:
    empty = dict.fromkeys(VALUES)
    return [empty | {"product_id": product, "kind": kind, "code": code} for code in codes]


def _create(*columns: sa.Column[Any], kinds: str, checks: dict[str, str], once: str) -> sa.Table:
    whole = {"kind": f"kind IN ({kinds})", **checks, "hours_of": HOURS, "minutes": MINUTES}
    whole |= {"weekdays": "weekdays BETWEEN 1 AND 127", "number": "number BETWEEN 0 AND 99"}
    table = op.create_table(
        "entitlement",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *columns,
        sa.Column("weekdays", sa.Integer(), nullable=True),
        sa.Column("first_minute", sa.Integer(), nullable=True),
        sa.Column("until_minute", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        *(
            sa.CheckConstraint(sql, name=op.f(f"ck_entitlement_{name}"))
            for name, sql in whole.items()
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_entitlement_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
    )
    op.create_index(
        "uq_entitlement_once",
        "entitlement",
        ["product_id", "kind"],
        unique=True,
        sqlite_where=sa.text(once),
        postgresql_where=sa.text(once),
    )
    op.create_index("ix_entitlement_product_id", "entitlement", ["product_id"])
    return table


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
