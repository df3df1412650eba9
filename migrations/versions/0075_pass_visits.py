"""The visits of a pass may be deleted after its last day; more tables have records of their rows.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

RECORDED = ("quota_product", "voucher_product", "calendar_feed")
OVER = "EXISTS (SELECT 1 FROM pass WHERE pass.id = OLD.pass_id AND pass.ends_on < CURRENT_DATE - 1)"
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)
TRIGGER = (
    "CREATE TRIGGER pass_visit_append_only BEFORE UPDATE OR DELETE ON pass_visit "
    "FOR EACH ROW EXECUTE FUNCTION {}()"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Made again, with the condition, at the end of the migration.
        op.execute("DROP TRIGGER IF EXISTS pass_visit_no_delete")
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION zone_append_only_pass_visit() RETURNS trigger "
        f"LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN IF {OVER} "
        f"THEN RETURN OLD; END IF; END IF; {REFUSAL}; END'"
    )
    op.execute("DROP TRIGGER pass_visit_append_only ON pass_visit")
    op.execute(TRIGGER.format("zone_append_only_pass_visit"))


def downgrade() -> None:
    """Visits that were deleted stay so. The next upgrade makes first records of what an older
    version has written without any.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS pass_visit_no_delete")
    else:
        op.execute("DROP TRIGGER pass_visit_append_only ON pass_visit")
        op.execute("DROP FUNCTION zone_append_only_pass_visit()")
        op.execute(TRIGGER.format("zone_append_only"))
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
