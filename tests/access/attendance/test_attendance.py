"""Attendance is readable by the class's instructor and by staff only."""

import pytest
from flask import Flask
from sqlalchemy import update

from tests.world.booking import a_session
from tests.world.people import signed_in
from tests.world.site import START, Journal, Site, a_member, receive
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.members.roles.service import grant_role

pytestmark = pytest.mark.engines("sqlite")


def test_staff_read_attendance_and_students_do_not(app: Flask, site: Site) -> None:
    with writing() as session:
        yoga = a_session(session, site.world, start=START)
        student, holder = a_member(session, site, "student")
        instructor, _ = a_member(session, site, "instructor", with_pass=False)
        grant_role(session, instructor, "instructor", utc_now())
        session.execute(
            update(ClassSession).where(ClassSession.id == yoga.id).values(instructor_id=instructor)
        )
        other, _ = a_member(session, site, "other", with_pass=False)
        grant_role(session, other, "instructor", utc_now())
    journal = Journal(site.studio_door)
    journal.scan(holder, START)
    receive(site.bridge, journal.upload())
    address = f"/api/v1/sessions/{yoga.public_id}/attendance"
    assert signed_in(app, other).get(address).status_code == 403
    listed = signed_in(app, instructor).get(address).get_json()
    assert (listed["booked"], listed["present"], listed["drop_in"]) == (0, 0, 1)
    assert [person["name"] for person in listed["people"]] == ["student"]
    assert signed_in(app, student).get(address).status_code == 403
