"""Roster rows that change by time alone: bookings within reach, suspensions that end."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from tests.world.booking import NOW, a_session
from tests.world.site import Site, a_member
from zone.access.attendance import jobs as attendance_jobs
from zone.access.roster import jobs as roster_jobs
from zone.access.roster.jobs import REACH
from zone.booking.bookings.models import Booking
from zone.booking.bookings.queries import WINDOWS_AHEAD, booked_windows
from zone.booking.no_shows.queries import bookings_to_settle
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.core.jobs.rules import Job
from zone.core.jobs.runner import run_due
from zone.members.roster_marks.models import RosterMark
from zone.members.suspensions import jobs as suspensions_jobs
from zone.members.suspensions import service as suspensions
from zone.members.suspensions.jobs import MARK_ENDED

HOUR = timedelta(hours=1)


@pytest.fixture
def booked_far_ahead(site: Site) -> int:
    """A member with a booking in ten days, and without a roster mark."""
    with writing() as session:
        member, _ = a_member(session, site, "aino")
        made = a_session(session, site.world, start=NOW + timedelta(days=10))
        session.add(
            Booking(public_id=new_public_id(), session_id=made.id, member_id=member, created_at=NOW)
        )
        session.execute(delete(RosterMark))
    return member


def marks(member: int) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(RosterMark.member_id == member)) or 0


def reach(app: Flask, *, until: timedelta, pause: timedelta = HOUR) -> None:
    """Run the job every `pause` until then."""
    at = NOW
    while at <= NOW + until:
        run_due(app, Job(REACH, HOUR, roster_jobs.mark_bookings_within_reach), at)
        at += pause


def test_a_member_is_marked_once_when_a_booking_comes_within_reach(
    app: Flask, booked_far_ahead: int
) -> None:
    with reading() as session:
        assert booked_windows(session, [booked_far_ahead], NOW)[booked_far_ahead] == []
    reach(app, until=timedelta(days=10) - WINDOWS_AHEAD - HOUR, pause=6 * HOUR)
    assert marks(booked_far_ahead) == 0
    reach(app, until=timedelta(days=4), pause=6 * HOUR)
    assert marks(booked_far_ahead) == 1


def test_a_member_is_marked_after_the_scheduler_was_down(app: Flask, booked_far_ahead: int) -> None:
    run_due(app, Job(REACH, HOUR, roster_jobs.mark_bookings_within_reach), NOW)
    run_due(app, Job(REACH, HOUR, roster_jobs.mark_bookings_within_reach), NOW + timedelta(days=6))
    assert marks(booked_far_ahead) == 1


def check_an_ended_suspension_is_marked_after_a_pause(app: Flask, site: Site) -> None:
    """A suspension that ended while no scheduler ran is marked when one runs again."""
    with writing() as session:
        member, _ = a_member(session, site, "aino")
        suspensions.add_suspension(
            session, member, reason="x", ends_at=NOW + HOUR, now=NOW, recorded_by=member
        )
        session.execute(delete(RosterMark))
    run_due(app, Job(MARK_ENDED, HOUR, suspensions_jobs.mark_ended_suspensions), NOW)
    run_due(
        app,
        Job(MARK_ENDED, HOUR, suspensions_jobs.mark_ended_suspensions),
        NOW + timedelta(hours=7),
    )
    assert marks(member) == 1


def test_a_suspension_that_ended_while_the_scheduler_was_down_is_marked(
    app: Flask, site: Site
) -> None:
    check_an_ended_suspension_is_marked_after_a_pause(app, site)


@pytest.mark.planted_fault("the job looks back one interval only")
def test_a_job_that_looks_back_one_interval_only_fails_the_check(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspensions_jobs, "marked_until", lambda session, job, now: now - HOUR)
    with pytest.raises(AssertionError):
        check_an_ended_suspension_is_marked_after_a_pause(app, site)


def test_bookings_that_never_settle_are_read_for_30_days(app: Flask, booked_far_ahead: int) -> None:
    ended = NOW + timedelta(days=10, hours=1)
    with reading() as session:
        for days, due in ((1, 1), (29, 1), (31, 0)):
            at = ended + timedelta(days=days)
            assert len(bookings_to_settle(session, at - attendance_jobs.SETTLE_WITHIN, at)) == due
