"""What entries mean, and when absence is proven, as pure rules."""

import random
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.booking import NOW
from zone.access.attendance.rules import Candidate, absence_is_proven, attended
from zone.access.bridges.rules import BridgeConnection, has_uploaded_everything
from zone.access.visits.rules import Arrival, first_arrivals

MINUTE = timedelta(minutes=1)
UNTIL = NOW + 15 * MINUTE


def comings(offsets: list[int]) -> list[Arrival]:
    return [
        Arrival(n, uuid.UUID(int=n), NOW + timedelta(seconds=offset))
        for n, offset in enumerate(offsets)
    ]


@given(st.lists(st.integers(0, 1000), max_size=20), st.randoms(use_true_random=False))
def test_the_order_in_which_entries_arrive_does_not_matter(
    offsets: list[int], chance: random.Random
) -> None:
    shuffled = comings(offsets)
    chance.shuffle(shuffled)
    assert first_arrivals(shuffled) == first_arrivals(comings(offsets))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_every_coming_is_within_reach_of_a_visit_and_visits_are_apart(offsets: list[int]) -> None:
    visits = [
        int((coming.occurred_at - NOW).total_seconds())
        for coming in first_arrivals(comings(offsets))
    ]
    assert visits[0] == min(offsets)
    assert all(later - earlier > 60 for earlier, later in pairwise(visits))


def at(minutes: int, *, booked: bool = False) -> Candidate:
    return Candidate(minutes + 100, NOW + minutes * MINUTE, booked)


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [
        ([], []),
        ([at(0)], [100]),
        ([at(-10), at(5)], [105]),
        ([at(-10, booked=True), at(5)], [90]),
        ([at(-10, booked=True), at(15, booked=True)], [90, 115]),
        ([at(-5), at(5)], [95]),
    ],
)
def test_booked_sessions_count_else_the_nearest(
    candidates: list[Candidate], chosen: list[int]
) -> None:
    assert [candidate.session_id for candidate in attended(candidates, NOW)] == chosen


def contact(
    *, since: int | None = -60, seen: int | None = 60, backlog: int = 0
) -> BridgeConnection:
    def moment(minutes: int | None) -> object:
        return None if minutes is None else UNTIL + minutes * MINUTE

    return BridgeConnection(moment(since), moment(seen), backlog)  # type: ignore[arg-type]  # datetimes or None


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (contact(), True),
        (contact(seen=15), True),
        (contact(seen=14), False),
        (contact(seen=None), False),
        (contact(since=None), False),
        (contact(backlog=1), False),
        (contact(since=45), True),
        (contact(since=46), False),
    ],
)
def test_a_bridge_has_told_everything_when_it_was_heard_long_enough(
    known: BridgeConnection, told: bool
) -> None:
    assert has_uploaded_everything(known, UNTIL, UNTIL + 60 * MINUTE) is told


def test_absence_needs_every_door_and_at_least_one() -> None:
    later = UNTIL + 60 * MINUTE
    assert absence_is_proven([contact(), contact()], UNTIL, later)
    assert not absence_is_proven([contact(), contact(seen=None)], UNTIL, later)
    assert not absence_is_proven([], UNTIL, later)
