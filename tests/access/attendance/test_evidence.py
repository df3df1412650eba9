"""The job hands down what the doors proved, and each mark keeps it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.access.attendance.test_no_shows import END, MINUTE, all_online, settled
from tests.access.attendance.test_proof_of_absence import an_alarm, leave_one_place
from tests.world.site import START, Site, booked
from zone.access.attendance import jobs as attendance_jobs
from zone.access.attendance.rules import DoorEvidence, doors_heard
from zone.access.bridges.rules import BridgeConnection
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.attendance_marks.rules import Evidence, SeatDemand, read_evidence
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading

LATER = END + 20 * MINUTE


def evidence() -> list[Evidence]:
    with reading() as session:
        return [
            read_evidence(text)
            for text in session.scalars(select(AttendanceMark.evidence).order_by(AttendanceMark.id))
        ]


def check_a_mark_names_healthy_doors(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """In an hour with a fault nobody is marked; else each mark names the doors that were heard."""
    made = booked(student[0], yoga)
    leave_one_place(yoga)
    all_online(site, LATER)
    settled(settings, LATER, made)
    [kept] = evidence()
    assert kept.demand == SeatDemand(1, 1)
    assert [door.heard_until for door in kept.doors] == [LATER] * len(kept.doors)
    assert {door.name.split(":")[0] for door in kept.doors} == {"Studio"}


def test_a_mark_names_the_doors_that_were_heard(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_a_mark_names_healthy_doors(site, settings, yoga, student)


def check_a_fault_makes_no_mark(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    leave_one_place(yoga)
    an_alarm("reader_lost", START, START + 5 * MINUTE)(site)
    all_online(site, LATER)
    settled(settings, LATER, made)
    assert evidence() == []


def test_a_fault_of_the_door_makes_no_mark(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_a_fault_makes_no_mark(site, settings, yoga, student)


def test_the_service_makes_no_mark_even_where_the_job_is_wrong(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attendance_jobs, "absence_is_proven", lambda *_: True)
    check_a_fault_makes_no_mark(site, settings, yoga, student)


@pytest.mark.thorough
@pytest.mark.planted_fault("a door with a fault is taken for a healthy one")
def test_a_fault_that_is_not_looked_at_fails_the_check(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attendance_jobs, "absence_is_proven", lambda *_: True)
    monkeypatch.setattr(attendance_jobs, "doors_heard", lambda doors, *_: [_heard(doors[0])])
    with pytest.raises(AssertionError):
        check_a_fault_makes_no_mark(site, settings, yoga, student)


def _heard(door: DoorEvidence) -> object:
    (one,) = doors_heard(
        [DoorEvidence(BridgeConnection(START - timedelta(days=1), LATER, 0), True, (), door.name)],
        (START, START + MINUTE),
        LATER,
    )
    return one
