"""Facts about stored rows that must always hold; features declare them, the doctor recounts them.

The database refuses most violations by its constraints. A recount finds what came past them:
changes by hand, a restore of something else, or a fault of the software.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, func, select
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


@dataclass(frozen=True, slots=True)
class Recount:
    """How often an invariant does not hold, and some of the rows that break it."""

    broken: int
    rows: tuple[str, ...] = ()


_NAMED: Final = "zone.broken_rows"
NAMED_AT_MOST: Final = 5
"""How many broken rows are named: a fault of the software breaks thousands alike."""


@contextmanager
def naming_broken(session: Session) -> Iterator[list[str]]:
    """Yield the list into which the checks of this block write which rows they count."""
    named: list[str] = []
    session.info[_NAMED] = named
    try:
        yield named
    finally:
        del session.info[_NAMED]


def name_broken(session: Session, *rows: str) -> None:
    """Name rows that a check counts, such as `booking 17`; the first ones are enough."""
    named: list[str] | None = session.info.get(_NAMED)
    if named is not None:
        named.extend(rows[: NAMED_AT_MOST - len(named)])


def count_broken_ids(session: Session, table: str, ids: Iterable[int]) -> int:
    """Return how many ids there are, and name the rows of the table."""
    count = 0
    for count, id_ in enumerate(ids, start=1):
        if count <= NAMED_AT_MOST:
            name_broken(session, f"{table} {id_}")
    return count


def row_count(session: Session, rows: Select[Any] | CompoundSelect[Any]) -> int:
    """Return how many rows a SELECT has, whatever they are."""
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def count_rows(session: Session, rows: Select[Any] | CompoundSelect[Any]) -> int:
    """Return how many rows a SELECT has, all of them broken; name them by its first column."""
    count = row_count(session, rows)
    if count and _NAMED in session.info:
        column = next(iter(rows.selected_columns))
        table, name = getattr(column.table, "name", ""), column.name
        label = table if name == "id" else f"{table}.{name}"
        few = session.execute(rows.limit(NAMED_AT_MOST))
        name_broken(session, *(f"{label} {row[0]}" for row in few))
    return count
