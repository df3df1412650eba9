"""The grid of a day: rows of time × courts, for any steps, hours and number of courts."""

import uuid
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from zone.booking.allocations.rules import slices
from zone.booking.reservations.grid import (
    MOST_COURTS,
    MOST_ROWS,
    Grid,
    OwnReservation,
    Wanted,
    even_parts,
    lay_out,
)
from zone.booking.reservations.rules import Court, ReservationRequest, SpaceRules
from zone.core.time import Window, from_helsinki, to_helsinki

DAY = date(2026, 12, 1)


def at(hours: int, minutes: int = 0, day: date = DAY) -> datetime:
    return from_helsinki(day, time(hours, minutes))


def court(
    number: int = 1,
    *,
    step: int = 30,
    least: int = 30,
    most: int = 120,
    opens: datetime | None = None,
    closes: datetime | None = None,
    windows: list[Window] | None = None,
    held: tuple[Window, ...] = (),
) -> Court:
    runs = [slices(*span) for span in held]
    return Court(
        id=number,
        public_id=uuid.UUID(int=number),
        campus="pasila",
        campus_name="Pasila",
        name={"fi": f"Kenttä {number}", "sv": f"Bana {number}", "en": f"Court {number}"},
        rules=SpaceRules(step, least, most, 0, 0, 0),
        windows=windows or [(opens or at(7), closes or at(22))],
        busy=[(run.start, run.stop) for run in runs],
    )


def wanted(minutes: int = 60, day: date = DAY, **more: object) -> Wanted:
    return Wanted(day, minutes, lambda _: True, **more)  # type: ignore[arg-type]


def shown(grids: list[Grid], number: int = 1) -> list[tuple[str, str, int]]:
    """The blocks of a court: kind, clock time of the start, rows."""
    return [
        (block.piece.kind, f"{to_helsinki(block.piece.starts_at):%H.%M}", block.rows)
        for grid in grids
        for column in grid.columns
        if column.court.id == number
        for block in column.blocks
    ]


def test_what_is_free_taken_and_too_short_stands_in_its_rows() -> None:
    taken = (at(16), at(17, 30))
    grids = lay_out([court(opens=at(15), closes=at(19), held=(taken,))], wanted())
    assert shown(grids) == [
        ("free", "15.00", 1),
        ("short", "15.30", 1),
        ("taken", "16.00", 3),
        ("free", "17.30", 1),
        ("free", "18.00", 1),
        ("short", "18.30", 1),
    ]


def test_what_the_reader_has_and_has_chosen_hides_the_starts_in_it() -> None:
    own = OwnReservation(uuid.UUID(int=9), uuid.UUID(int=1), "pasila", at(15), at(16))
    chosen = ReservationRequest(uuid.UUID(int=1), at(17), 90)
    one = court(opens=at(15), closes=at(19), held=((at(15), at(16)),))
    grids = lay_out(
        [one, court(2, opens=at(18), closes=at(19))], wanted(90, own=[own], chosen=chosen)
    )
    assert shown(grids) == [
        ("mine", "15.00", 2),
        ("free", "16.00", 1),
        ("free", "16.30", 1),
        ("chosen", "17.00", 3),
        ("short", "18.30", 1),
    ]
    assert shown(grids, 2) == [("short", "18.00", 1), ("short", "18.30", 1)]


def test_of_several_starts_in_a_row_the_first_that_fits_is_shown() -> None:
    fine = court(step=5, least=5, opens=at(17), closes=at(19), held=((at(17), at(17, 10)),))
    assert shown(lay_out([fine], wanted()))[:2] == [("free", "17.10", 1), ("free", "17.30", 1)]


def test_courts_of_other_steps_share_the_rows() -> None:
    half = court(opens=at(8), closes=at(12))
    hourly = court(2, step=60, least=60, opens=at(8), closes=at(12))
    odd = court(2, step=45, least=45, opens=at(8), closes=at(12))
    free = [("free", f"{hour:02}.00", 2) for hour in (8, 9, 10, 11)]
    assert shown(lay_out([half, hourly], wanted()), 2) == free
    alone = shown(lay_out([hourly], wanted()), 2)
    assert [rows for _, _, rows in alone] == [1] * 4, "an hour is a row"
    beside = shown(lay_out([half, odd], wanted(45)), 2)
    assert beside[:2] == [("free", "08.15", 2), ("free", "09.00", 1)]


def test_what_is_neither_free_nor_taken_is_left_empty() -> None:
    """A gap that is shorter than the shortest reservation; and a time when it is closed."""
    gap = court(least=60, opens=at(15), closes=at(17), held=((at(15, 30), at(16)),))
    assert shown(lay_out([gap], wanted())) == [("taken", "15.30", 1), ("free", "16.00", 1)]


@pytest.mark.parametrize("day", [DAY, date(2026, 10, 25), date(2027, 3, 28)])
@pytest.mark.parametrize("step", [5, 20, 30, 45, 60, 120])
@pytest.mark.parametrize("courts", [1, 4, 5, 9])
def test_any_day_fits_the_places_of_the_style_sheet(day: date, step: int, courts: int) -> None:
    midnight = from_helsinki(day, time())
    windows = [
        (midnight, midnight + timedelta(hours=11)),
        (midnight + timedelta(hours=14), midnight + timedelta(days=2)),
    ]
    grids = lay_out(
        [
            court(n, step=step, least=step, most=2 * step, windows=windows)
            for n in range(1, courts + 1)
        ],
        wanted(2 * step, day),
    )
    rows = {row for grid in grids for row in grid.rows}
    assert len(rows) == len({(grid.rows[0], row) for grid in grids for row in grid.rows})
    for grid in grids:
        assert len(grid.rows) <= grid.most_rows <= MOST_ROWS
        assert len(grid.columns) <= grid.most_courts <= MOST_COURTS
        for column in grid.columns:
            assert all(block.row + block.rows <= len(grid.rows) for block in column.blocks)
            assert all(a.row + a.rows <= b.row for a, b in pairwise(column.blocks))
            assert column.blocks
    assert len({column.court.id for grid in grids for column in grid.columns}) == courts


@pytest.mark.parametrize(
    ("count", "most", "parts"),
    [(0, 4, []), (4, 4, [4]), (5, 4, [3, 2]), (9, 4, [3, 3, 3]), (30, 16, [15, 15])],
)
def test_parts_are_few_and_about_the_same(count: int, most: int, parts: list[int]) -> None:
    assert [len(part) for part in even_parts(range(count), most)] == parts


def test_a_day_of_half_hours_is_cut_on_the_hour() -> None:
    grids = lay_out([court()], wanted())
    assert [grid.rows[0] for grid in grids] == [at(7), at(15)]
    assert [grid.rows[-1] for grid in grids] == [at(14, 30), at(21, 30)]
