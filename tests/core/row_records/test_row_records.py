"""What the service writes is recorded, whichever way; what the upgrade finds, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.stored import stored
from tests.world.booking import NOW, World, a_member, a_session, an_actor, build
from tests.world.recorded import UnrecordedWriteError
from zone.access.areas.service import change_area, create_area
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.policies.rules import Policy
from zone.booking.policies.service import change_policy
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.row_records import service
from zone.core.row_records.models import RECORDED, RowRecord
from zone.core.row_records.queries import count_unrecorded
from zone.core.row_records.service import record_first_rows
from zone.core.service_profile.service import change_profile
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.service import delete_exception, set_exception

pytestmark = pytest.mark.engines("sqlite", thorough="postgresql")

LATER = NOW + timedelta(days=400)


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


def found(session: Session) -> int:
    session.flush()
    return count_unrecorded(session, NOW)


def book_and_wait(session: Session, world: World) -> None:
    """Book a place as one person, and wait in vain as another."""
    class_session = a_session(session, world)
    booker, waiting = (a_member(session, world, name) for name in ("aino", "eino"))
    bookings.book(session, member_id=booker, class_session=class_session.public_id, now=NOW)
    entry = QueueEntry(session_id=class_session.id, member_id=waiting, rank=1, state="expired")
    entry.public_id, entry.created_at = class_session.public_id, NOW
    session.add(entry)
    session.flush()


def remove_people(session: Session) -> None:
    bookings.remove_members(session, before=LATER, limit=9)
    waitlist.remove_members(session, before=LATER, limit=9)


def test_what_statements_of_the_service_write_is_recorded(world: World, settings: Settings) -> None:
    with writing() as session:
        manager = an_actor(a_member(session, world, "manager"), "manager", "admin")
        area = create_area(
            session,
            campus_id=world.campus,
            name="Hall",
            kinds=["gym"],
            space_ids=[world.hall, world.studio],
        )
        changes = {"always_open": True, "spaces": []}
        change_area(session, area.public_id, version=1, changes=changes, actor=manager, now=NOW)
        change_policy(session, manager, Policy(open_bookings=9), version=1, now=NOW)
        for version in (0, 1):
            named = {"seller_name": f"Zone {version}"}
            change_profile(
                session, manager, version=version, values=named, settings=settings, now=NOW
            )
        for _browser in range(2):
            sign_in_sessions.open_session(session, manager.id, now=NOW)
        sign_in_sessions.end_all_sessions(session, manager.id, NOW)
        assert found(session) == 0
        sign_in_sessions.delete_ended_sessions(session, LATER)
        set_exception(
            session,
            campus_id=world.campus,
            day=NOW.date(),
            opens=None,
            closes=None,
            reason="exams",
        )
        delete_exception(session, session.scalars(select(OpeningException)).one())
        assert found(session) == 0
        # Deleted by the service, and put back by hand.
        session.execute(
            text("INSERT INTO area_space (area_id, space_id) SELECT 1, min(id) FROM space")
        )
        assert found(session) == 1


def test_of_whom_retention_has_removed_no_digest_tells(world: World) -> None:
    with writing() as session:
        book_and_wait(session, world)
        remove_people(session)
        assert found(session) == 0
        kept = set(session.scalars(select(RowRecord.digest)))
        members = session.scalars(select(Member.id)).all()
        booking, entry = (
            session.scalars(select(Booking)).one(),
            session.scalars(select(QueueEntry)).one(),
        )
        with session.no_autoflush:
            for row in (booking, entry):
                assert row.member_id is None
                for row.member_id in members:
                    assert RECORDED[row.__tablename__].digest(row) not in kept
        session.rollback()


def test_rows_of_before_are_recorded_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand = "UPDATE season SET ends_on = '2099-12-31'"
    with writing() as session:
        session.execute(text(by_hand))
        assert record_first_rows(session) == 0
        assert found(session) == 1
        # As a version of Zone that records other columns of the table.
        season = RECORDED["season"]
        monkeypatch.setitem(RECORDED, "season", replace(season, name="season 2"))
        assert record_first_rows(session) == 1
        assert found(session) == 0
        session.execute(text(by_hand.replace("2099", "2098")))
        assert record_first_rows(session) == 0
        assert found(session) == 1


@pytest.mark.planted_fault("a statement of the service that leaves no record")
def test_a_statement_without_its_record_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SAYS_SO", "forgotten")
    with writing() as session:
        with pytest.raises(UnrecordedWriteError):
            sign_in_sessions.end_every_session(session, NOW)
        # Columns that do not count need no record.
        sign_in_sessions.note_use(session, 1, NOW)
