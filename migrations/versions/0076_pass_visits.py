"""The visits of a pass may be deleted after its last day; more tables have records of their rows.

Revision ID: 0076
Revises: 0075
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

RECORDED = ("quota_product", "voucher_product", "calendar_feed")
OF = {
    "pass_visit": (
        "EXISTS (SELECT 1 FROM pass WHERE pass.id = OLD.pass_id "
        "AND pass.ends_on < CURRENT_DATE - 1)"
    ),
    "pass_visit_return": (
        "EXISTS (SELECT 1 FROM pass JOIN pass_visit ON pass_visit.pass_id = pass.id "
        "WHERE pass_visit.id = OLD.visit_id AND pass.ends_on < CURRENT_DATE - 1)"
    ),
}
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)


def upgrade() -> None:
    for table, may_go in OF.items():
        if op.get_bind().dialect.name == "sqlite":
            # Made again, with the condition, at the end of the migration.
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
            continue
        op.execute(
            f"CREATE OR REPLACE FUNCTION zone_append_only_{table}() RETURNS trigger "
            f"LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN IF {may_go} "
            f"THEN RETURN OLD; END IF; END IF; {REFUSAL}; END'"
        )
        _replace_trigger(table, f"zone_append_only_{table}")


def _replace_trigger(table: str, function: str) -> None:
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


def downgrade() -> None:
    """Visits that were deleted stay so. The next upgrade makes first records of what an older
    version has written without any.
    """
    for table in OF:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
            continue
        _replace_trigger(table, "zone_append_only")
        op.execute(f"DROP FUNCTION zone_append_only_{table}()")
    _forget_records()


def _forget_records() -> None:
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
