"""Read what the last recount of the invariants has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant
from zone.core.jobs.models import JobRun
from zone.core.jobs.queries import newest
from zone.operation.integrity.models import InvariantResult


@dataclass(frozen=True, slots=True)
class InvariantView:
    """An invariant with its newest result; `checked_at` None: it was never recounted.

    `broken` None: not recounted, or not possible, see `problem`.
    """

    name: str
    holds: str
    todo: str
    checked_at: datetime | None = None
    broken: int | None = None
    rows: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def state(self) -> str:
        """Return ok, broken, unknown (it could not be recounted) or never."""
        if self.checked_at is None:
            return "never"
        if self.broken is None:
            return "unknown"
        return "broken" if self.broken else "ok"


@dataclass(frozen=True, slots=True)
class Integrity:
    """Every invariant; `checked_at`: of which instant the newest results are; `running`: they are
    being recounted now, or are about to be.
    """

    invariants: Sequence[InvariantView]
    checked_at: datetime | None
    running: bool

    @property
    def wrong(self) -> Sequence[InvariantView]:
        """Those that do not hold, or could not be recounted."""
        return [one for one in self.invariants if one.state in ("broken", "unknown")]


def integrity(
    session: Session, invariants: Sequence[Invariant], job: str, now: datetime
) -> Integrity:
    """Return every invariant with what the last recount has found of it."""
    stored = {row.name: row for row in session.scalars(select(InvariantResult))}
    views = [_view(invariant, stored.get(invariant.name)) for invariant in invariants]
    checked = [row.checked_at for row in stored.values()]
    return Integrity(views, max(checked, default=None), running(session, job, now) is not None)


def _view(invariant: Invariant, row: InvariantResult | None) -> InvariantView:
    said = (invariant.name, invariant.holds, invariant.todo)
    if row is None:
        return InvariantView(*said)
    rows = tuple(row.rows.splitlines())
    return InvariantView(*said, row.checked_at, row.broken, rows, row.problem)


def running(session: Session, job: str, now: datetime) -> JobRun | None:
    """Return the run of the job that waits or runs; not one whose process has died."""
    run = newest(session, job, now)
    if run is None or run.state not in ("waiting", "running"):
        return None
    lost = run.state == "running" and run.due_at is not None and run.due_at <= now
    return None if lost else run


def broken_invariants(_now: datetime) -> Select[int]:
    """Return the SELECT of how many invariants the last recount found broken."""
    return select(func.count()).where(InvariantResult.broken.is_distinct_from(0))
