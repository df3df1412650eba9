"""`zone doctor`: looks at everything, changes nothing, and says what to do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.jobs.service import Job
from zone.core.safe_error import said_by_database
from zone.operation.doctor import invariants, running, surroundings
from zone.operation.doctor.findings import Check, CheckContext, Finding, fail

FIRST: Final[tuple[Check, ...]] = (surroundings.check_settings, surroundings.check_folders)
"""What needs no database."""
NEXT: Final[tuple[Check, ...]] = (surroundings.check_database, surroundings.check_migrations)
"""While one of these fails the others would only fail too."""
REST: Final[tuple[Check, ...]] = (
    surroundings.check_clock,
    surroundings.check_mail,
    surroundings.check_keys,
    running.check_bridges,
    running.check_jobs,
    invariants.check_invariants,
)


def examine(
    settings: Settings,
    migrations: str,
    jobs: Sequence[Job],
    clock: Callable[[], datetime],
    *,
    quick: bool = False,
) -> Iterator[Finding]:
    """Every finding, as it is made."""
    try:
        with snapshot() as session:
            yield from _all(
                CheckContext(session, settings, migrations, tuple(jobs), clock(), quick)
            )
    except SQLAlchemyError as error:
        yield fail(
            "database",
            said_by_database(error),
            "Look whether the database runs and ZONE_DATABASE_URL is right.",
        )


def _all(patient: CheckContext) -> Iterator[Finding]:
    for check in FIRST:
        yield from check(patient)
    found = [finding for check in NEXT for finding in check(patient)]
    yield from found
    if all(finding.level != "fail" or finding.check != "migrations" for finding in found):
        for check in REST:
            yield from check(patient)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session whose every statement sees the database as of one instant: checks compare tables with each other."""
    on_postgres = db.engine.dialect.name == "postgresql"
    options = (
        {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if on_postgres else {}
    )
    with (
        db.engine.connect().execution_options(**options) as connection,
        Session(connection) as session,
    ):
        yield session
