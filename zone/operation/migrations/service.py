"""The revision of the database, the newest one, and migrating to it."""

from typing import Final

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from zone.core.db.engine import db

BUSY: Final = (
    "The database is in use and its lock could not be had within 5 seconds; nothing was changed. "
    "Run `zone migrate` again; if it goes on, stop the scheduler and what else works on the "
    "database, and try once more."
)


class SchemaError(Exception):
    """The schema cannot be migrated; the message says what to do. Nothing was changed."""


def newest(migrations: str) -> str:
    """Return the revision of this version of Zone.

    Raises:
        SchemaError: there are no migrations in the folder.
    """
    head = ScriptDirectory(migrations).get_current_head()
    if head is None:
        raise SchemaError(f"There are no migrations in {migrations}: install Zone again.")
    return head


def present() -> str | None:
    """Return the revision of the database; None where it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ahead(migrations: str) -> bool:
    """Whether a newer version of Zone has migrated the database."""
    revision = present()
    return revision is not None and revision not in {
        script.revision for script in ScriptDirectory(migrations).walk_revisions()
    }


def migrate(migrations: str) -> tuple[str | None, str]:
    """Migrate to the newest schema in one transaction; return the revisions before and after.

    Raises:
        SchemaError: the database is ahead of this version, or its lock is taken.
    """
    if is_ahead(migrations):
        raise SchemaError(
            f"The database stands at revision {present()}, which this version of Zone does not "
            f"know: a newer one made it (this one ends at {newest(migrations)}). Start the newer "
            "version, or restore the backup made before the upgrade."
        )
    before = present()
    try:
        upgrade(directory=migrations)
    except OperationalError as error:
        if _is_locked(error):
            raise SchemaError(BUSY) from error
        raise
    return before, newest(migrations)


def _is_locked(error: OperationalError) -> bool:
    """Whether an error means a taken lock, and not a full disk or a server that is down."""
    return isinstance(error.orig, psycopg.errors.LockNotAvailable) or "locked" in str(error.orig)
