"""People of whose absence nobody can be sure get no mark."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import delete, select

from tests.access.attendance.test_no_shows import END, MINUTE, all_online, settled
from tests.access.attendance.test_proof_of_absence import LATER, an_entry
from tests.world.booking import NOW, a_session, class_details
from tests.world.site import (
    START,
    Journal,
    Site,
    a_staff_actor,
    booked,
    let_in_at_desk,
    receive,
    upload_scans,
)
from zone.access.areas import service as areas
from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance import service as attendance
from zone.access.bridges.models import Bridge
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.identity import Actor
from zone.members.people.queries import member_by_id
from zone.places.opening_hours.service import set_hours
from zone.places.spaces.models import Space

pytestmark = pytest.mark.engines("sqlite")

MIDNIGHT = NOW.replace(hour=21)  # in Helsinki


@pytest.fixture
def nights(site: Site) -> None:
    """Open round the clock."""
    with writing() as session:
        set_hours(
            session,
            campus_id=site.world.campus,
            weekdays=range(1, 8),
            opens=time(0),
            closes=time(23, 59),
            valid_from=date(2026, 9, 1),
        )


@pytest.fixture
def manager_of(site: Site) -> Actor:
    with writing() as session:
        return a_staff_actor(session, site, "manager")


def sessions_at(site: Site, *starts: datetime, space: int | None = None) -> list[ClassSession]:
    """Store sessions of 55 minutes in the studio, or in another space."""
    offer = class_details(site.world, space=space or site.world.studio, capacity=4)
    with writing() as session:
        return [
            a_session(session, site.world, start=start, minutes=55, offer=offer) for start in starts
        ]


def test_who_stays_over_midnight_passes_no_door(
    site: Site, settings: Settings, student: tuple[int, int], nights: None
) -> None:
    rows = sessions_at(site, MIDNIGHT - 60 * MINUTE, MIDNIGHT + 5 * MINUTE)
    made = [booked(student[0], row) for row in rows]
    upload_scans(site, student[1], rows[0].starts_at)
    at = MIDNIGHT + timedelta(hours=3)
    all_online(site, at)
    assert [settled(settings, at, booking) for booking in made] == ["attended", "booked"]


def test_who_stays_for_a_third_session_passes_no_door(
    site: Site, settings: Settings, student: tuple[int, int]
) -> None:
    rows = sessions_at(site, START, START + 60 * MINUTE, START + 120 * MINUTE)
    made = [booked(student[0], row) for row in rows]
    upload_scans(site, student[1], START)
    at = START + timedelta(hours=5)
    all_online(site, at)
    expected = ["attended", "booked", "booked"]
    assert [settled(settings, at, booking) for booking in made] == expected


def test_who_stays_in_another_space_behind_the_door_passes_none(
    site: Site, settings: Settings, student: tuple[int, int]
) -> None:
    with writing() as session:
        area = session.scalars(select(Area).where(Area.name == "Hall")).one()
        area.proves_presence = True
        court = session.scalars(select(Space.id).where(Space.code == "court-1")).one()
        session.add(AreaSpace(area_id=area.id, space_id=court))
    [first] = sessions_at(site, START, space=site.world.hall)
    [second] = sessions_at(site, END, space=court)
    made = [booked(student[0], row) for row in (first, second)]
    journal = Journal(site.court_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload(), START)
    at = END + timedelta(hours=3)
    all_online(site, at)
    assert [settled(settings, at, booking) for booking in made] == ["attended", "booked"]


def test_whom_the_instructor_saw_may_have_stayed(
    site: Site, settings: Settings, student: tuple[int, int], manager_of: Actor
) -> None:
    rows = sessions_at(site, START, START + 60 * MINUTE)
    made = [booked(student[0], row) for row in rows]
    with writing() as session:
        person = member_by_id(session, student[0]).public_id
        first = rows[0].public_id
        attendance.record_sighting(session, manager_of, first, person, now=END)
    at = START + timedelta(hours=4)
    all_online(site, at)
    assert [settled(settings, at, booking) for booking in made] == ["attended", "booked"]


def test_whom_the_desk_let_in_before_midnight(
    site: Site, settings: Settings, student: tuple[int, int], nights: None
) -> None:
    [row] = sessions_at(site, MIDNIGHT + 15 * MINUTE)
    made = booked(student[0], row)
    with writing() as session:
        lobby = session.scalars(select(Door.area_id).where(Door.public_id == site.lobby_door)).one()
        let_in_at_desk(session, student[0], lobby, MIDNIGHT - 50 * MINUTE)
    at = MIDNIGHT + timedelta(hours=3)
    all_online(site, at)
    assert settled(settings, at, made) == "booked"


@pytest.mark.parametrize(
    ("entered", "state"),
    [
        (START - 61 * MINUTE, "no_show"),
        (START - 45 * MINUTE, "booked"),
        (START + 20 * MINUTE, "booked"),
        (END + MINUTE, "no_show"),
    ],
)
def test_who_came_too_early_or_too_late_to_count_was_not_absent(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    entered: datetime,
    state: str,
) -> None:
    made = booked(student[0], yoga)
    upload_scans(site, student[1], entered)
    all_online(site, LATER)
    assert settled(settings, LATER, made) == state


def a_blocked_door(site: Site, staff: Actor) -> None:
    """Blocked when people came, and in its ordinary state again before anybody asks."""
    for version, state, at in ((1, "blocked", START - MINUTE), (2, "normal", START + MINUTE)):
        with writing() as session:
            doors.change_door(
                session,
                site.studio_door,
                version=version,
                changes={"state": state},
                actor=staff,
                now=at,
            )


def a_changed_area(site: Site, staff: Actor) -> None:
    with writing() as session:
        area = session.get_one(Area, site.studio).public_id
        changes = {"passback_seconds": 90}
        areas.change_area(session, area, version=1, changes=changes, actor=staff, now=END)


def a_new_door(site: Site, staff: Actor) -> None:
    with writing() as session:
        old = Door.public_id.in_((site.studio_door, site.other_door))
        session.execute(delete(Door).where(old))
        data = {
            "area": session.get_one(Area, site.studio).public_id,
            "bridge": session.get_one(Bridge, site.bridge).public_id,
            "name": "New",
            "strike_ms": 5000,
            "direction": "in",
        }
        doors.add_door(session, data, actor=staff, now=END)


def a_new_bridge(site: Site, _staff: Actor) -> None:
    with writing() as session:
        session.get_one(Bridge, site.bridge).enrolled_at = END


def a_short_fall(site: Site, _staff: Actor) -> None:
    """Down for two minutes, back just after the last arrival."""
    an_entry("started", START + 16 * MINUTE)(site)


def a_word_of_a_newer_bridge(site: Site, _staff: Actor) -> None:
    an_entry("power_lost", START + MINUTE)(site)


@pytest.mark.parametrize(
    "event",
    [
        a_blocked_door,
        a_changed_area,
        a_new_door,
        a_new_bridge,
        a_short_fall,
        a_word_of_a_newer_bridge,
    ],
)
def test_a_door_that_is_sound_now_may_not_have_been_so_then(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    manager_of: Actor,
    event: Callable[[Site, Actor], None],
) -> None:
    made = booked(student[0], yoga)
    event(site, manager_of)
    all_online(site, LATER)
    assert settled(settings, LATER, made) == "booked"


def test_a_word_that_was_not_known_is_no_excuse_for_ever(
    site: Site, settings: Settings, student: tuple[int, int]
) -> None:
    """The alarm about an entry stays open: it is about what had been uploaded by then."""
    an_entry("power_lost", START - timedelta(hours=2))(site)
    [row] = sessions_at(site, START + timedelta(days=1))
    made = booked(student[0], row)
    at = row.ends_at + 20 * MINUTE
    all_online(site, at)
    assert settled(settings, at, made) == "no_show"


def test_a_door_that_was_changed_before_is_no_excuse(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    manager_of: Actor,
) -> None:
    made = booked(student[0], yoga)
    with writing() as session:
        doors.change_door(
            session,
            site.studio_door,
            version=1,
            changes={"name": "Studio"},
            actor=manager_of,
            now=START - timedelta(hours=2),
        )
    all_online(site, LATER)
    assert settled(settings, LATER, made) == "no_show"
