"""What the checks of `zone doctor` read and return."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.invariants import Invariant
from zone.core.jobs.rules import Job

Level = Literal["ok", "warn", "fail"]
"""From good to bad: with `fail` something is wrong now, with `warn` it may become so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: what it saw, and what to do about it ("" where nothing is wrong)."""

    check: str
    level: Level
    what: str
    todo: str = ""

    def as_text(self) -> str:
        """Return the finding as a line, and what to do as a second one."""
        line = f"{self.level:4}  {self.check:10}  {self.what}"
        return f"{line}\n      {self.todo}" if self.todo else line


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What the checks read: a snapshot of the database, settings, what the features declare.

    `migrations` is the folder of the migration scripts. `quick` leaves out the slow invariants.
    """

    session: Session
    settings: Settings
    migrations: str
    jobs: tuple[Job, ...]
    invariants: tuple[Invariant, ...]
    now: datetime
    quick: bool = False


Check = Callable[[CheckContext], Iterable[Finding]]


def ok(check: str, what: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(check, "ok", what)


def warn(check: str, what: str, todo: str) -> Finding:
    """Return a finding of something that may become wrong."""
    return Finding(check, "warn", what, todo)


def fail(check: str, what: str, todo: str) -> Finding:
    """Return a finding of something that is wrong now."""
    return Finding(check, "fail", what, todo)
