"""When a mark is made, by its evidence, and when marks begin a ban."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.booking.attendance_marks import rules
from zone.booking.attendance_marks.rules import (
    LATE_CANCELLATION,
    NO_SHOW,
    DoorHeard,
    Evidence,
    SeatDemand,
    deserves_mark,
    evidence_text,
    read_evidence,
    seat_demand,
)
from zone.booking.booking_bans.rules import CountedMark, due_bans
from zone.booking.policies.rules import Policy

AT = datetime(2026, 9, 22, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOORS = (DoorHeard("Studio: Studio door", AT + HOUR),)

# (places, booked, waited, whether the place was scarce): 90 % of what can be booked, or a queue.
DEMANDS = [
    (10, 8, 0, False),
    (10, 9, 0, True),
    (19, 17, 0, False),  # 89.5 %
    (7, 6, 0, False),
    (7, 7, 0, True),
    (10, 1, 1, True),
    (0, 0, 0, False),
]


def check_marks_are_only_of_scarce_places() -> None:
    for places, booked, waited, scarce in DEMANDS:
        evidence = Evidence(SeatDemand(places, booked, waited, AT if waited else None), DOORS)
        for kind in (NO_SHOW, LATE_CANCELLATION):
            assert deserves_mark(kind, evidence) == scarce, (kind, places, booked, waited)


def test_marks_are_only_of_scarce_places() -> None:
    check_marks_are_only_of_scarce_places()


@pytest.mark.planted_fault("every booking that is not used is a mark")
def test_marks_of_free_places_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SeatDemand, "is_scarce", True)
    with pytest.raises(AssertionError):
        check_marks_are_only_of_scarce_places()


def check_a_no_show_needs_a_door() -> None:
    demand = SeatDemand(1, 1)
    assert deserves_mark(NO_SHOW, Evidence(demand, DOORS))
    assert not deserves_mark(NO_SHOW, Evidence(demand))
    assert deserves_mark(LATE_CANCELLATION, Evidence(demand)), "no door sees who cancels"


def test_a_no_show_needs_a_door_that_was_heard() -> None:
    check_a_no_show_needs_a_door()


@pytest.mark.planted_fault("the doors do not matter")
def test_marks_without_doors_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge_demand(_kind: str, evidence: Evidence) -> bool:
        return evidence.demand is not None and evidence.demand.is_scarce

    monkeypatch.setitem(globals(), "deserves_mark", judge_demand)
    with pytest.raises(AssertionError):
        check_a_no_show_needs_a_door()


def test_who_waited_counts_until_the_start() -> None:
    waits = [
        (AT - 9 * HOUR, AT - 8 * HOUR),
        (AT - 5 * HOUR, AT - 3 * HOUR),
        (AT - 4 * HOUR, None),  # still in the queue
    ]
    assert seat_demand(5, 1, waits[:1], AT) == SeatDemand(5, 1, 1, AT - 8 * HOUR)
    assert seat_demand(5, 1, waits, AT) == SeatDemand(5, 1, 3, AT)
    assert seat_demand(5, 1, [(AT, None)], AT) == SeatDemand(5, 1), "after the start"


moments = st.integers(0, 10**9).map(lambda seconds: AT + timedelta(seconds=seconds))
counts = st.integers(0, 999)
evidence = st.builds(
    Evidence,
    st.none() | st.builds(SeatDemand, counts, counts, counts, st.none() | moments),
    st.lists(st.builds(DoorHeard, st.text(max_size=40), moments), max_size=3).map(tuple),
    st.none() | moments,
)


@given(evidence)
def test_evidence_is_read_as_it_was_written(kept: Evidence) -> None:
    stored = evidence_text(kept)
    assert read_evidence(stored) == kept
    assert json.loads(stored)["kept"] == (kept.demand is not None)


def test_of_before_is_written_as_the_migration_does() -> None:
    assert read_evidence('{"doors": [], "kept": false, "limit": null}') == rules.BEFORE_EVIDENCE


def counted(*days: int) -> list[CountedMark]:
    return [CountedMark(number, AT + timedelta(days=day)) for number, day in enumerate(days)]


def test_every_second_mark_begins_a_ban_of_two_weeks() -> None:
    assert due_bans(counted(0), Policy()) == []
    first, second = due_bans(counted(0, 3, 9, 4), Policy())
    assert [mark.id for mark in first.marks] == [0, 1]
    assert [mark.id for mark in second.marks] == [3, 2], "in the order of time"
    assert (first.starts_at, first.ends_at) == (AT + 3 * 24 * HOUR, AT + 17 * 24 * HOUR)
    assert len(due_bans(counted(0, 1, 2), Policy(no_shows=1))) == 3
    assert due_bans(counted(0, 1), Policy(suspension_days=0)) == []
