"""Bookings without an entry become no-shows once all bridges have uploaded everything."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.world.booking import NOW, a_session, class_details
from tests.world.site import (
    START,
    Journal,
    Site,
    a_member,
    a_staff_actor,
    booked,
    receive,
    statuses,
    upload_scans,
)
from zone.access.attendance import jobs as attendance_jobs
from zone.access.attendance import queries as attendance_queries
from zone.access.attendance import service as attendance_service
from zone.access.bridges.models import Bridge
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people.queries import member_by_id

END = START + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def set_connection(
    bridge: int, *, since: datetime | None, seen: datetime | None, backlog: int = 0
) -> None:
    with writing() as session:
        row = session.get_one(Bridge, bridge)
        row.online_since, row.seen_at, row.backlog = since, seen, backlog


def all_online(site: Site, seen: datetime) -> None:
    for bridge in (site.bridge, site.other_bridge):
        set_connection(bridge, since=NOW, seen=seen)


def settled(settings: Settings, at: datetime, made: Booking) -> str:
    attendance_jobs.settle(settings, at)
    with reading() as session:
        return session.get_one(Booking, made.id).state


def test_unseen_people_are_no_shows_and_seen_people_have_attended(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    with writing() as session:
        other, _ = a_member(session, site, "other")
    came, stayed_away = booked(student[0], yoga), booked(other, yoga)
    upload_scans(site, student[1], START)
    all_online(site, END + 20 * MINUTE)
    assert settled(settings, END + 14 * MINUTE, stayed_away) == "booked"
    assert settled(settings, END + 20 * MINUTE, stayed_away) == "no_show"
    assert settled(settings, END + 20 * MINUTE, came) == "attended"
    assert statuses(yoga) == {"student": "present", "other": "no_show"}


def check_an_offline_bridge_makes_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """While a bridge is offline, its doors may hold the entry: no booking becomes a no-show."""
    made = booked(student[0], yoga)
    all_online(site, END + timedelta(days=9))
    set_connection(site.other_bridge, since=NOW, seen=START - MINUTE)
    for late in (20 * MINUTE, timedelta(hours=6), timedelta(days=9)):
        assert settled(settings, END + late, made) == "booked"


def test_an_offline_bridge_never_makes_a_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_an_offline_bridge_makes_no_no_show(site, settings, yoga, student)


@pytest.mark.planted_fault("absence needs no proof")
def test_settling_without_proof_of_absence_fails_the_check(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attendance_jobs, "absence_is_proven", lambda *_: True)
    with pytest.raises(AssertionError):
        check_an_offline_bridge_makes_no_no_show(site, settings, yoga, student)


def check_staying_for_the_next_class_makes_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """Between two classes in one space people stay and pass no door."""
    with writing() as session:
        following = a_session(session, site.world, start=END + 5 * MINUTE)
        other, _ = a_member(session, site, "other")
    booked(student[0], yoga)
    stays, stays_away = booked(student[0], following), booked(other, following)
    upload_scans(site, student[1], START)
    all_online(site, END + timedelta(hours=3))
    assert settled(settings, END + timedelta(hours=3), stays_away) == "no_show"
    assert settled(settings, END + timedelta(hours=3), stays) == "booked"


def test_staying_for_the_next_class_makes_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_staying_for_the_next_class_makes_no_no_show(site, settings, yoga, student)


@pytest.mark.planted_fault("people who may have stayed are not excused")
def test_ignoring_people_who_may_have_stayed_fails_the_check(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attendance_queries, "members_staying", lambda *_: set())
    with pytest.raises(AssertionError):
        check_staying_for_the_next_class_makes_no_no_show(site, settings, yoga, student)


def test_a_bridge_that_is_back_online_gets_time_to_upload(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    back, later = END + timedelta(hours=3), END + timedelta(hours=3, minutes=20)
    all_online(site, later)
    set_connection(site.bridge, since=back, seen=back)
    assert settled(settings, back + MINUTE, made) == "booked"
    set_connection(site.bridge, since=back, seen=later, backlog=3)
    assert settled(settings, later, made) == "booked"
    set_connection(site.bridge, since=back, seen=later)
    assert settled(settings, later, made) == "no_show"


def test_a_space_without_a_door_that_proves_presence_makes_no_no_show(
    site: Site, settings: Settings, student: tuple[int, int]
) -> None:
    with writing() as session:
        made = a_session(
            session, site.world, start=START, offer=class_details(site.world, space=site.world.hall)
        )
    all_online(site, END + timedelta(days=1))
    assert settled(settings, END + timedelta(days=1), booked(student[0], made)) == "booked"


def test_an_entry_uploaded_after_the_no_show_reverts_it(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    all_online(site, END + 20 * MINUTE)
    assert settled(settings, END + 20 * MINUTE, made) == "no_show"
    journal = Journal(site.studio_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload(), END + timedelta(hours=5))
    assert settled(settings, END + timedelta(hours=6), made) == "attended"
    assert statuses(yoga) == {"student": "present"}


def check_who_is_seen_while_marks_are_made_gets_none(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    seen_by: str,
) -> None:
    """The sighting or the visit is committed after the job has judged, and before it writes."""
    made = booked(student[0], yoga)
    all_online(site, END + 20 * MINUTE)
    judge = attendance_jobs._attended_and_absent
    with writing() as session:
        instructor = a_staff_actor(session, site, "desk")
        person = member_by_id(session, student[0]).public_id

    def judged(*given: Any) -> tuple[list[int], list[int]]:
        found = judge(*given)
        monkeypatch.setattr(attendance_jobs, "_attended_and_absent", judge)
        given[0].rollback()  # the reading transaction ends here
        if seen_by == "door":
            upload_scans(site, student[1], START)
        else:
            with writing() as session:
                attendance_service.record_sighting(
                    session, instructor, yoga.public_id, person, now=END + 20 * MINUTE
                )
        return found

    monkeypatch.setattr(attendance_jobs, "_attended_and_absent", judged)
    assert settled(settings, END + 20 * MINUTE, made) == "booked", "seen meanwhile"
    assert settled(settings, END + 25 * MINUTE, made) == "attended"


@pytest.mark.parametrize("seen_by", ["door", "staff"])
def test_who_is_seen_while_marks_are_made_gets_none(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    seen_by: str,
) -> None:
    check_who_is_seen_while_marks_are_made_gets_none(
        site, settings, yoga, student, monkeypatch, seen_by
    )


@pytest.mark.planted_fault("a mark made by what was judged before the lock")
def test_marks_by_an_old_judgement_fail_the_check(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        attendance_jobs, "_still_absent", lambda _session, _due, absent, _now: absent
    )
    with pytest.raises(AssertionError, match="seen meanwhile"):
        check_who_is_seen_while_marks_are_made_gets_none(
            site, settings, yoga, student, monkeypatch, "staff"
        )
