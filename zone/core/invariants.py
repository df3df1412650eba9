"""Facts about stored rows that must always hold; features declare them, the doctor recounts them.

The database refuses most violations by its constraints. A recount finds what came past them:
changes by hand, a restore of something else, or a fault of the software.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

REPORT_FAULT: Final = (
    "Make a backup now, and report this with the log: "
    "it is a fault of the software or somebody's hand."
)
"""What to do where only a fault of the software can break an invariant."""

CountBroken = Callable[[Session, datetime], int]
"""Counts the violations. The instant is that since which door entries still name their person, or
with `at_present` that of the check."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A fact about the stored rows.

    `holds` states the fact, `todo` says what to do where it is broken. `slow` ones read every door
    entry: a minute for a million. All count in the database or read rows in order, so their memory
    does not grow with the data.
    """

    name: str
    holds: str
    count_broken: CountBroken
    todo: str = REPORT_FAULT
    slow: bool = False
    at_present: bool = False


def count_rows(session: Session, rows: Select[Any]) -> int:
    """Return how many rows a SELECT has."""
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0
