"""`zone doctor`: run all checks on one snapshot of the database; change nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.invariants import Invariant, Recount, naming_broken
from zone.core.jobs.rules import Job
from zone.core.safe_error import describe_database_error, headline
from zone.operation.doctor import clocks, keys, planning, running, storage, surroundings
from zone.operation.doctor.findings import Check, CheckContext, Finding, fail, ok
from zone.operation.migrations.service import SchemaError

UNREADABLE: Final = (ValueError, TypeError, LookupError, OSError, SchemaError)
"""What a check raises over something stored that is not as the service writes it."""
WITHOUT_DATABASE: Final[tuple[Check, ...]] = (
    surroundings.check_settings,
    storage.check_folders,
)
DATABASE: Final[tuple[Check, ...]] = (storage.check_database, storage.check_migrations)


def examine(
    settings: Settings,
    migrations: str,
    *,
    jobs: Sequence[Job],
    invariants: Sequence[Invariant],
    clock: Callable[[], datetime],
    quick: bool = False,
) -> Iterator[Finding]:
    """Yield every finding as soon as it is made. `quick` leaves out the slow invariants."""
    declared = (tuple(jobs), tuple(invariants))
    # First, and without a connection: on a full disk SQLite may not even open its file.
    with Session() as unbound:
        context = CheckContext(unbound, settings, migrations, *declared, clock(), quick)
        for check in WITHOUT_DATABASE:
            yield from _run(check, context)
    try:
        with snapshot() as session:
            yield from _run_checks(replace(context, session=session))
    except SQLAlchemyError as error:
        yield fail(
            "database",
            describe_database_error(error),
            "Look whether the database runs and ZONE_DATABASE_URL is right.",
        )


def examine_rows(
    settings: Settings,
    migrations: str,
    *,
    invariants: Sequence[Invariant],
    clock: Callable[[], datetime],
) -> Iterator[Finding]:
    """Yield the findings about the schema and the rows alone, as of a database that is not in use.

    Nothing around the database is looked at: no folder, key, mail server, bridge or job.
    """
    with snapshot() as session:
        context = CheckContext(session, settings, migrations, (), tuple(invariants), clock())
        yield from storage.check_migrations(context)
        yield from check_invariants(context)


def _run_checks(context: CheckContext) -> Iterator[Finding]:
    findings = [finding for check in DATABASE for finding in _run(check, context)]
    yield from findings
    # With another version's schema every further check would fail, and say nothing new.
    if all(finding.level != "fail" or finding.check != "migrations" for finding in findings):
        for check in WITH_SCHEMA:
            yield from _run(check, context)


def _run(check: Check, context: CheckContext) -> Iterator[Finding]:
    """Yield the findings of a check; where it cannot read something, one that says so."""
    try:
        yield from check(context)
    except UNREADABLE as error:
        yield _unreadable(check.__name__.removeprefix("check_"), error)


def _unreadable(name: str, error: Exception) -> Finding:
    todo = (
        "Something stored has another form than the service writes. Compare with a restored "
        "backup (`zone drill`), and ask who had access."
    )
    return fail(name, f"cannot be checked: {headline(error)}", todo)


def check_invariants(context: CheckContext) -> Iterator[Finding]:
    """Recount every invariant that the features declare."""
    for invariant in context.invariants:
        if invariant.slow and context.quick:
            continue
        try:
            recount = recount_invariant(context.session, invariant, context.settings, context.now)
        except UNREADABLE as error:
            yield _unreadable(invariant.name, error)
            continue
        yield (
            fail(
                invariant.name,
                f"{recount.broken} times not so: {invariant.holds}{_named(recount)}",
                invariant.todo,
            )
            if recount.broken
            else ok(invariant.name, invariant.holds)
        )


def _named(recount: Recount) -> str:
    return f" ({', '.join(recount.rows)})" if recount.rows else ""


def recount_invariant(
    session: Session, invariant: Invariant, settings: Settings, now: datetime
) -> Recount:
    """Return how often an invariant does not hold, and some of the rows that break it.

    Raises:
        one of UNREADABLE: something stored has another form than the service writes.
    """
    at = now if invariant.at_present else now - settings.person_kept
    with naming_broken(session) as rows:
        return Recount(invariant.count_broken(session, at), tuple(rows))


WITH_SCHEMA: Final[tuple[Check, ...]] = (
    surroundings.check_service_profile,
    surroundings.check_payment_providers,
    storage.check_owner,
    clocks.check_clock,
    surroundings.check_mail,
    keys.check_keys,
    storage.check_backups,
    running.check_bridges,
    running.check_jobs,
    planning.check_holidays,
    check_invariants,
)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session in which every statement sees the database as of one instant."""
    # Checks compare tables: a booking between two statements would look like a fault. SQLite
    # gives a snapshot with the first read; PostgreSQL only from REPEATABLE READ on.
    on_postgres = db.engine.dialect.name == "postgresql"
    options = (
        {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if on_postgres else {}
    )
    with (
        db.engine.connect().execution_options(**options) as connection,
        Session(connection) as session,
    ):
        yield session
