"""Recount every invariant, and request that. Never commits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.db.statements import insertion
from zone.core.identity import Actor, Permission
from zone.core.invariants import Invariant
from zone.core.jobs import service as jobs
from zone.core.jobs.models import JobRun
from zone.core.safe_error import headline
from zone.operation.doctor.service import UNREADABLE, recount_invariant
from zone.operation.integrity.models import InvariantResult
from zone.operation.integrity.queries import running

JOB: Final = "operation.check_integrity"
AT_MOST: Final = timedelta(minutes=20)
"""Where a recount takes longer, what is left is not begun: the snapshot keeps old rows alive."""


@dataclass(frozen=True, slots=True)
class InvariantOutcome:
    """What was found of an invariant; `broken` None: it could not be recounted, see `problem`."""

    name: str
    broken: int | None
    rows: tuple[str, ...] = ()
    problem: str | None = None


def recount(
    session: Session,
    invariants: Iterable[Invariant],
    settings: Settings,
    now: datetime,
    clock: Callable[[], datetime],
) -> Iterator[InvariantOutcome]:
    """Yield the outcome of each invariant, as of the snapshot of the session."""
    until = clock() + AT_MOST
    for invariant in invariants:
        if clock() > until:
            yield InvariantOutcome(invariant.name, None, problem="the time was up")
            continue
        try:
            found = recount_invariant(session, invariant, settings, now)
        except UNREADABLE as error:
            yield InvariantOutcome(invariant.name, None, problem=headline(error))
            continue
        yield InvariantOutcome(invariant.name, found.broken, found.rows)


def store(session: Session, outcomes: Iterable[InvariantOutcome], now: datetime) -> None:
    """Store these outcomes in the place of the last ones."""
    session.execute(delete(InvariantResult))
    rows = [
        {
            "name": outcome.name,
            "broken": outcome.broken,
            "rows": "\n".join(outcome.rows),
            "problem": outcome.problem,
            "checked_at": now,
        }
        for outcome in outcomes
    ]
    if rows:
        session.execute(insertion(session, InvariantResult), rows)


def request_recount(session: Session, actor: Actor, now: datetime) -> JobRun:
    """Have everything recounted within seconds; while a recount waits or runs, it is that one.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.INTEGRITY_CHECK)
    if (run := running(session, JOB, now)) is not None:
        return run
    run = jobs.request_run(session, JOB, now)
    record_action(
        session,
        actor_id=actor.id,
        action="integrity.check",
        object_kind="job",
        object_id=JOB,
        now=now,
    )
    return run
