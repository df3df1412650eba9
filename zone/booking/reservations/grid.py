"""Lay out a day of courts as rows of time and columns of courts. Pure.

Theory of operation. A row is half an hour of the wall clock, or an hour where all courts start on
the hour; the steps of the courts and the opening hours may be any. A start stands in the row in
which it lies. Of several starts in one row the first that fits is shown, with its own clock time.
The rows until the court's next start belong to it. Rows in which no court has anything are left
out. What is left is cut into grids of at most `MOST_ROWS` × `MOST_COURTS`, so that the columns fit
a phone and the rows fit a wide screen; the style sheet has a class for each place in such a grid.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, Literal, TypeVar
from uuid import UUID

from zone.booking.reservations.rules import (
    Court,
    ReservationRequest,
    SpaceRules,
    is_held,
    longest_from,
    starts_on,
)
from zone.core.time import day_window

HALF_HOUR: Final = timedelta(minutes=30)
MOST_ROWS: Final = 16
MOST_COURTS: Final = 4

T = TypeVar("T")
Kind = Literal["free", "short", "taken", "mine", "chosen"]
PREFERRED: Final[Mapping[Kind, int]] = {"chosen": 0, "mine": 1, "free": 2, "short": 3, "taken": 4}
"""Of several starts in one row, the one to show."""


@dataclass(frozen=True, slots=True)
class OwnReservation:
    """A reservation of the reader."""

    booking: UUID
    space: UUID
    campus: str
    starts_at: datetime
    ends_at: datetime
    companions: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader looks for: a day and a length in minutes; and what they have or chose.

    `bookable`: whether a start can be booked by now.
    """

    day: date
    minutes: int
    bookable: Callable[[datetime], bool]
    own: Sequence[OwnReservation] = ()
    chosen: ReservationRequest | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one start of a court is: free for [starts_at, ends_at), taken, or the reader's own."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    booking: UUID | None = None

    @property
    def joins(self) -> tuple[object, ...]:
        """What pieces have in common that are one block: each free start is one of its own."""
        alone = self.kind in ("free", "short")
        return (self.kind, self.booking, self.starts_at if alone else None)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece at its place: `rows` rows from `row` on, counted from 0 in its grid."""

    piece: Piece
    row: int
    rows: int
    on_row: bool
    """Whether it starts when its row does."""


@dataclass(frozen=True, slots=True)
class Column:
    """A court with its blocks, in order."""

    court: Court
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Grid:
    """Some rows of some courts. `most_rows`, `most_courts`: the largest of the grids beside it."""

    rows: Sequence[datetime]
    columns: Sequence[Column]
    most_rows: int
    most_courts: int


def lay_out(courts: Sequence[Court], wanted: Wanted) -> list[Grid]:
    """Return the grids of the courts of a campus; empty where nothing can be shown."""
    unit = _unit(courts)
    instants = starts_on(wanted.day, unit // timedelta(minutes=1))
    cells = {court.id: _cells(court, wanted, unit) for court in courts}
    shown = sorted(set[int]().union(*cells.values()))
    parts = [part for run in _runs(shown) for part in even_parts(run, MOST_ROWS, even=True)]
    groups = even_parts(courts, MOST_COURTS)
    return [
        Grid(
            [instants[row] for row in part],
            [
                Column(court, list(_blocks(cells[court.id], part, instants, unit)))
                for court in group
            ],
            max(map(len, parts)),
            max(map(len, groups)),
        )
        for part in parts
        for group in groups
    ]


def _unit(courts: Sequence[Court]) -> timedelta:
    on_hours = all(court.rules.step % 60 == 0 for court in courts)
    return HALF_HOUR * 2 if on_hours else HALF_HOUR


def _cells(court: Court, wanted: Wanted, unit: timedelta) -> dict[int, Piece]:
    """Return what stands in the rows of a court, by the number of the row in the day."""
    midnight = day_window(wanted.day)[0]
    step = timedelta(minutes=court.rules.step)
    cells, follow = dict[int, Piece](), dict[int, Piece]()
    for start in starts_on(wanted.day, court.rules.step):
        piece = _piece(court, start, wanted) if wanted.bookable(start) else None
        if piece is None:
            continue
        row = (start - midnight) // unit
        known = cells.get(row)
        if known is None or PREFERRED[piece.kind] < PREFERRED[known.kind]:
            cells[row] = piece
        # The last row that it reaches: one that ends with a row does not reach the next.
        for more in range(row + 1, -(-(start + step - midnight) // unit)):
            follow.setdefault(more, piece)
    return follow | cells


def _piece(court: Court, start: datetime, wanted: Wanted) -> Piece | None:
    """Return what a start is; None where it cannot be booked though nobody has taken it."""
    end = start + timedelta(minutes=court.rules.step)
    if not any(opened <= start < closed for opened, closed in court.windows):
        return None
    chosen = wanted.chosen
    if chosen and chosen.space == court.public_id and chosen.start < end and start < chosen.end:
        return Piece("chosen", chosen.start, chosen.end)
    for own in wanted.own:
        if own.space == court.public_id and own.starts_at < end and start < own.ends_at:
            return Piece("mine", own.starts_at, own.ends_at, own.booking)
    if length := best_length(court.rules, longest_from(court, start), wanted.minutes):
        kind: Kind = "free" if length == wanted.minutes else "short"
        return Piece(kind, start, start + timedelta(minutes=length))
    held = is_held(court.busy, start - timedelta(minutes=court.rules.before), end)
    # Neither free nor held: too near to what follows, or to the closing time.
    return Piece("taken", start, end) if held else None


def best_length(rules: SpaceRules, longest: int, minutes: int) -> int:
    """Return the length to book where `longest` minutes are free: the wanted one where it fits.

    Else the longest below it; else the shortest that can be booked; 0: none.
    """
    if minutes in rules.lengths and minutes <= longest:
        return minutes
    fitting = [length for length in rules.lengths if length <= longest]
    below = [length for length in fitting if length < minutes]
    return max(below) if below else min(fitting, default=0)


def _runs(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the runs of numbers that follow each other: a campus may close at noon."""
    for _, run in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0]):
        yield [row for _, row in run]


def even_parts(items: Sequence[T], most: int, *, even: bool = False) -> list[Sequence[T]]:
    """Cut a sequence into as few parts as possible of at most `most`, of about the same length.

    `even`: of an even length, so that a part of half hours begins on the hour as the first does.
    """
    parts = -(-len(items) // most)
    size = -(-len(items) // max(parts, 1))
    if even and parts > 1:
        size += size % 2
    return [items[first : first + size] for first in range(0, len(items), max(size, 1))]


def _blocks(
    cells: Mapping[int, Piece], part: Sequence[int], instants: Sequence[datetime], unit: timedelta
) -> Iterator[Block]:
    """Yield the blocks of a court in some rows of the day that follow each other."""
    for joins, group in groupby(part, key=lambda row: cells[row].joins if row in cells else None):
        rows = list(group)
        if joins is None:
            continue
        piece, begins = cells[rows[0]], instants[rows[0]]
        if piece.kind == "taken":
            piece = Piece("taken", begins, instants[rows[-1]] + unit)
        yield Block(piece, rows[0] - part[0], len(rows), piece.starts_at == begins)
