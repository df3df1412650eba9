"""The rules of visits, attendance and absence."""

import random
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.booking import NOW
from zone.access.attendance.rules import (
    DoorEvidence,
    SessionOfVisit,
    VisitOfMember,
    absence_is_proven,
    attended,
)
from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything
from zone.access.visits.rules import Arrival, first_arrivals

MINUTE = timedelta(minutes=1)
UNTIL = NOW + 15 * MINUTE


def arrivals(offsets: list[int]) -> list[Arrival]:
    return [
        Arrival(n, uuid.UUID(int=n), NOW + timedelta(seconds=offset))
        for n, offset in enumerate(offsets)
    ]


@given(st.lists(st.integers(0, 1000), max_size=20), st.randoms(use_true_random=False))
def test_first_arrivals_do_not_depend_on_the_order(
    offsets: list[int], chance: random.Random
) -> None:
    shuffled = arrivals(offsets)
    chance.shuffle(shuffled)
    assert first_arrivals(shuffled) == first_arrivals(arrivals(offsets))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_visits_begin_more_than_60_seconds_apart(offsets: list[int]) -> None:
    visits = [
        int((arrival.occurred_at - NOW).total_seconds())
        for arrival in first_arrivals(arrivals(offsets))
    ]
    assert visits[0] == min(offsets)
    assert all(later - earlier > 60 for earlier, later in pairwise(visits))


def at(minutes: int, *, booked: bool = False, proven: bool = True) -> SessionOfVisit:
    booking = minutes + 100 if booked else None
    return SessionOfVisit(minutes + 100, NOW + minutes * MINUTE, proven, booking)


@pytest.mark.parametrize(
    ("sessions", "chosen"),
    [
        ([], []),
        ([at(0)], [100]),
        ([at(-10), at(5)], [105]),
        ([at(-10, booked=True), at(5)], [90]),
        ([at(-10, booked=True), at(15, booked=True)], [90, 115]),
        ([at(-5), at(5)], [95]),
    ],
)
def test_booked_sessions_count_before_the_nearest_one(
    sessions: list[SessionOfVisit], chosen: list[int]
) -> None:
    assert [one.session_id for one in attended(sessions, a_visit())] == chosen


def a_visit(*, at_desk: bool = False) -> VisitOfMember:
    return VisitOfMember(1, 1, 1, NOW, at_desk)


def test_the_desk_proves_what_was_booked_elsewhere_at_the_campus_and_a_door_does_not() -> None:
    elsewhere = at(-5, booked=True, proven=False)
    sessions = [elsewhere, at(0), at(5, proven=False)]
    assert attended(sessions, a_visit(at_desk=True)) == [elsewhere]
    assert attended(sessions, a_visit()) == [at(0)]
    assert attended([at(5, proven=False)], a_visit(at_desk=True)) == []


def connection(
    *, since: int | None = -60, seen: int | None = 60, backlog: int = 0
) -> BridgeConnection:
    def moment(minutes: int | None) -> object:
        return None if minutes is None else UNTIL + minutes * MINUTE

    return BridgeConnection(moment(since), moment(seen), backlog)  # type: ignore[arg-type]  # datetimes or None


@pytest.mark.parametrize(
    ("known", "uploaded"),
    [
        (connection(), True),
        (connection(seen=15), True),
        (connection(seen=14), False),
        (connection(seen=None), False),
        (connection(since=None), False),
        (connection(backlog=1), False),
        (connection(since=45), True),
        (connection(since=46), False),
        # Five minutes after the time at which it is asked: the clock was wrong.
        (connection(seen=64), True),
        (connection(seen=65), False),
    ],
)
def test_everything_is_uploaded_after_15_minutes_online(
    known: BridgeConnection, uploaded: bool
) -> None:
    assert has_uploaded_everything(known, UNTIL, UNTIL + 60 * MINUTE) is uploaded


def test_absence_is_proven_by_all_doors_and_at_least_one() -> None:
    later, arrivals = UNTIL + 60 * MINUTE, (UNTIL - 45 * MINUTE, UNTIL)
    door, silent = DoorEvidence(connection(), True), DoorEvidence(connection(seen=None), True)
    assert absence_is_proven([door, door], arrivals, later)
    assert not absence_is_proven([door, silent], arrivals, later)
    assert not absence_is_proven([door, DoorEvidence(None, True)], arrivals, later)
    assert not absence_is_proven([door, DoorEvidence(connection(), False)], arrivals, later)
    assert not absence_is_proven([], arrivals, later)


@pytest.mark.parametrize(
    ("began", "ended", "proven"),
    [
        (-90, -46, True),
        (-90, -45, False),
        (-90, None, False),
        (-10, -5, False),
        (0, 30, False),
        (1, 30, True),
    ],
)
def test_a_fault_in_the_time_of_arrivals_leaves_absence_unproven(
    began: int, ended: int | None, proven: bool
) -> None:
    until = None if ended is None else UNTIL + ended * MINUTE
    door = DoorEvidence(connection(), True, [(UNTIL + began * MINUTE, until)])
    arrivals = (UNTIL - 45 * MINUTE, UNTIL)
    assert absence_is_proven([door], arrivals, UNTIL + 60 * MINUTE) is proven
