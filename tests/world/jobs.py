"""Jobs for tests, and the rows that they write."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select

from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.core.jobs.models import JobRun
from zone.core.jobs.rules import Job

NOW: Final = datetime(2026, 9, 21, 9, 0, 7, tzinfo=UTC)
DAY: Final = timedelta(days=1)
DEADLINE: Final = 60.0
NAMED: Final = "aino.marked@example.org"


def note(_settings: Settings, now: datetime) -> int:
    """Write one row for each run."""
    with writing() as session:
        session.add(
            AuditRow(
                public_id=new_public_id(),
                action="note",
                object_kind="slot",
                object_id=str(now),
                occurred_at=now,
            )
        )
    return 1


class Failing:
    """A job that fails until a test sets it right, and counts its runs."""

    def __init__(self) -> None:
        self.tried: list[datetime] = []
        self.mended = False

    def __call__(self, _settings: Settings, now: datetime) -> int:
        self.tried.append(now)
        if not self.mended:
            raise KeyError(NAMED)
        return 1

    def job(self, every: timedelta = DAY) -> Job:
        return Job("failing", every, self)


def notes() -> int:
    with reading() as session:
        return len(session.scalars(select(AuditRow.id).where(AuditRow.action == "note")).all())


def runs() -> list[JobRun]:
    with reading() as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.id)))


def await_that(condition: Callable[[], bool]) -> None:
    """Poll until the condition holds.

    Raises:
        AssertionError: it did not within the deadline.
    """
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)
