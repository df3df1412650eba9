"""Products that give single activities, and what stays of an activity when it is edited.

Revision ID: 0080
Revises: 0079
"""

import json
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

RECORDED = (
    "activity 2",
    "entitlement 2",
    # Recorded since this version: an older one changes them without a record, or drops them.
    "account_rule",
    "bookkeeping_rule",
    "bridge 2",
    "pass_rule",
    "period_cost",
    "provider_switch",
    "seller_account",
    "share_weights",
)
NAMES = ("name_fi", "name_sv", "name_en")
KINDS = ("opens", "campus", "activity", "hours", "booking_earlier", "companions")
NAMED = ("opens", "campus", "activity")
SINGLE = "single_activity"
NAMED_ALL = " AND ".join(f"{name} IS NOT NULL" for name in NAMES)
# People know an activity by its names, so the same names have the same root.
ROOTS = UUID("6f0f6a5e-6a0f-4c55-9f5b-6d1d3a0c3e80")


def upgrade() -> None:
    op.add_column("activity", sa.Column("root", sa.Uuid(), nullable=True))
    _set_roots()
    with op.batch_alter_table("activity") as batch:
        batch.alter_column("root", nullable=False)
    op.create_index("ix_activity_root", "activity", ["root"])
    with op.batch_alter_table("entitlement") as batch:
        for name in NAMES:
            batch.add_column(sa.Column(name, sa.String(), nullable=True))
        _set_checks(batch, (*KINDS[:3], SINGLE, *KINDS[3:]), (*NAMED, SINGLE))
        batch.create_check_constraint(
            op.f("ck_entitlement_names_of"), f"(kind = '{SINGLE}') = ({NAMED_ALL})"
        )


def downgrade() -> None:
    """For an older version, what was limited to single activities gives sessions of all kinds."""
    op.execute(f"DELETE FROM entitlement WHERE kind = '{SINGLE}'")  # noqa: S608 -- constants
    with op.batch_alter_table("entitlement") as batch:
        batch.drop_constraint(op.f("ck_entitlement_names_of"), type_="check")
        _set_checks(batch, KINDS, NAMED)
        for name in NAMES:
            batch.drop_column(name)
    op.drop_index("ix_activity_root", "activity")
    with op.batch_alter_table("activity") as batch:
        batch.drop_column("root")
    _forget_records()


def _set_roots() -> None:
    activity = sa.table("activity", sa.column("root", sa.Uuid()), *map(sa.column, ("id", *NAMES)))
    connection = op.get_bind()
    for row in connection.execute(sa.select(activity.c.id, *(activity.c[name] for name in NAMES))):
        root = uuid5(ROOTS, json.dumps([getattr(row, name) for name in NAMES]))
        of_row = activity.update().where(activity.c.id == row.id)
        connection.execute(of_row.values(root=root))


def _set_checks(batch: BatchOperations, kinds: tuple[str, ...], named: tuple[str, ...]) -> None:
    checks = {"kind": f"kind IN {kinds}", "code_of": f"(kind IN {named}) = (code IS NOT NULL)"}
    for name, sql in checks.items():
        batch.drop_constraint(op.f(f"ck_entitlement_{name}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_entitlement_{name}"), sql)


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
