"""Attendance is readable by the class's instructor and by staff only."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.world.booking import a_session
from tests.world.people import signed_in
from tests.world.site import Journal, Site, a_member, receive
from zone.access.attendance.context import sessions_around
from zone.access.attendance.rules import VisitOfMember
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.members.roles.service import grant_role

pytestmark = pytest.mark.engines("sqlite")


def full_hour() -> datetime:
    return utc_now().replace(minute=0, second=0, microsecond=0)


def test_staff_read_attendance_and_students_do_not(app: Flask, site: Site) -> None:
    start = full_hour() - timedelta(days=1)
    with writing() as session:
        yoga = a_session(session, site.world, start=start)
        student, holder = a_member(session, site, "student")
        instructor, _ = a_member(session, site, "instructor", with_pass=False)
        grant_role(session, instructor, "instructor", utc_now())
        session.execute(
            update(ClassSession).where(ClassSession.id == yoga.id).values(instructor_id=instructor)
        )
        other, _ = a_member(session, site, "other", with_pass=False)
        grant_role(session, other, "instructor", utc_now())
    journal = Journal(site.studio_door)
    journal.scan(holder, start)
    receive(site.bridge, journal.upload(), utc_now())
    address = f"/api/v1/sessions/{yoga.public_id}/attendance"
    assert signed_in(app, other).get(address).status_code == 403
    listed = signed_in(app, instructor).get(address).get_json()
    assert (listed["booked"], listed["present"], listed["drop_in"]) == (0, 0, 1)
    assert [person["name"] for person in listed["people"]] == ["student"]
    assert signed_in(app, student).get(address).status_code == 403


@pytest.mark.parametrize(("days", "names"), [(89, ["missed"]), (92, [])])
def test_a_no_show_is_not_shown_longer_than_a_door_event(
    app: Flask, site: Site, days: int, names: list[str]
) -> None:
    with writing() as session:
        yoga = a_session(session, site.world, start=full_hour() - timedelta(days=days))
        missed, _ = a_member(session, site, "missed")
        row = Booking(
            public_id=new_public_id(),
            session_id=yoga.id,
            member_id=missed,
            state="no_show",
            created_at=yoga.starts_at,
        )
        session.add(row)
        manager, _ = a_member(session, site, "manager", with_pass=False)
        grant_role(session, manager, "manager", utc_now())
    address = f"/api/v1/sessions/{yoga.public_id}/attendance"
    listed = signed_in(app, manager).get(address).get_json()
    assert (listed["booked"], [person["name"] for person in listed["people"]]) == (1, names)


@pytest.mark.parametrize(("minutes", "found"), [(-31, 0), (-30, 1), (15, 1), (16, 0)])
def test_a_visit_belongs_to_sessions_from_half_an_hour_before_to_a_quarter_after_their_start(
    site: Site, minutes: int, found: int
) -> None:
    start = full_hour()
    with writing() as session:
        yoga = a_session(session, site.world, start=start)
        visit = VisitOfMember(1, 1, site.studio, start + timedelta(minutes=minutes), at_desk=False)
        around = sessions_around(session, [visit])[1]
    assert [(one.session_id, one.proven) for one in around] == [(yoga.id, True)][:found]
