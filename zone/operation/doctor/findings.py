"""What the doctor says: one line a check, and what to do where something is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.jobs.service import Job

Level = Literal["ok", "warn", "fail"]
"""From good to bad: with a `fail` something is wrong now, with a `warn` it may become so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check. `todo` is empty where all is well."""

    check: str
    level: Level
    what: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What is looked at: one picture of the database, the settings, and what only the composition knows.

    With `quick` the checks that read every door entry are left out: they take a minute for a million.
    """

    session: Session
    settings: Settings
    migrations: str
    jobs: tuple[Job, ...]
    now: datetime
    quick: bool = False


Check = Callable[[CheckContext], Iterable[Finding]]


def well(check: str, what: str) -> Finding:
    return Finding(check, "ok", what)


def warn(check: str, what: str, todo: str) -> Finding:
    return Finding(check, "warn", what, todo)


def fail(check: str, what: str, todo: str) -> Finding:
    return Finding(check, "fail", what, todo)
