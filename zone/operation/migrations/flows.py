"""Migrate, and record the rows that the upgrade has found."""

from zone.core.db.transactions import writing
from zone.core.row_records.service import record_first_rows
from zone.operation.migrations import service


def migrate(migrations: str, role: str | None = None) -> tuple[str | None, str]:
    """Migrate to the newest schema; return the revisions before and after.

    Tables whose rows are recorded from this version on get their first records here.

    Raises:
        SchemaError: the database is ahead of this version, or its lock is taken.
    """
    revisions = service.migrate(migrations, role)
    with writing() as session:
        record_first_rows(session)
    return revisions
