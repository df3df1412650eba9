"""Who reserved a court and came, or did not, is settled as in a class."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.access.attendance.test_no_shows import END, MINUTE, all_online, settled
from tests.world.booking import NOW
from tests.world.courts import book
from tests.world.site import START, Journal, Site, receive
from zone.access.areas.models import Area
from zone.booking.bookings.models import Booking
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.places.opening_hours.service import set_exception

LATER = END + 20 * MINUTE


@pytest.fixture
def court(site: Site, student: tuple[int, int]) -> Booking:
    """The hall, reserved at the time of the class; its door proves presence."""
    with writing() as session:
        session.execute(update(Area).where(Area.name == "Hall").values(proves_presence=True))
    return book(student[0], site.world.hall_public, START, now=NOW)


def came(site: Site, holder: int) -> None:
    journal = Journal(site.court_door)
    journal.scan(holder, START)
    receive(site.bridge, journal.upload(), START)


def test_who_did_not_come_to_their_court_has_missed_it(
    site: Site, settings: Settings, court: Booking
) -> None:
    all_online(site, LATER)
    assert settled(settings, LATER, court) == "no_show"


def test_who_came_to_their_court_has_used_it(
    site: Site, settings: Settings, court: Booking, student: tuple[int, int]
) -> None:
    came(site, student[1])
    all_online(site, LATER)
    assert settled(settings, LATER, court) == "attended"


def test_nobody_misses_a_court_while_the_campus_is_closed(
    site: Site, settings: Settings, court: Booking
) -> None:
    with writing() as session:
        set_exception(
            session,
            campus_id=site.world.campus,
            day=helsinki_date(START),
            opens=None,
            closes=None,
            reason="Floor",
        )
    all_online(site, LATER)
    assert settled(settings, LATER, court) == "booked"


def test_who_stays_for_a_second_court_passes_no_door(
    site: Site, settings: Settings, court: Booking, student: tuple[int, int]
) -> None:
    following = book(student[0], site.world.court_1, END, now=NOW)
    came(site, student[1])
    at = END + timedelta(hours=3)
    all_online(site, at)
    assert settled(settings, at, court) == "attended"
    assert settled(settings, at, following) == "booked"
