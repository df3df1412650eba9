"""Who holds a court: the desk sees it where a court says "Taken", a member never does."""

import re
from datetime import datetime, time, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from tests.world.booking import a_session, class_details
from tests.world.counter import Desk, Person, a_person, audited, browser
from tests.world.courts import book
from tests.world.people import signed_in
from tests.world.rendered_forms import text_of
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date
from zone.members.people.models import Member

pytestmark = pytest.mark.engines("sqlite")
LINK = re.compile(r'href="(/desk/courts/[^"]+)"')


@pytest.fixture
def noon() -> datetime:
    """Noon of tomorrow; of Monday where that is a Sunday."""
    day = helsinki_date(utc_now()) + timedelta(days=1)
    return from_helsinki(day + timedelta(days=day.isoweekday() == 7), time(12))


@pytest.fixture
def held(desk: Desk, person: Person, noon: datetime) -> str:
    """Return the page of courts of a day on which a person has booked one, and then a class."""
    world, now = desk.site.world, utc_now()
    book(person.id, world.court_1, noon, now=now)
    with writing() as session:
        session.get_one(Member, person.id).name = "Matti Malli"
        hall = class_details(world, name="Handball", space=world.hall)
        a_session(session, world, start=noon + timedelta(hours=1), offer=hall, now=now)
    return f"/courts?day={helsinki_date(noon)}&lang=en"


def test_the_desk_sees_who_has_a_court_and_opens_the_person(
    desk: Desk, person: Person, held: str
) -> None:
    for client in (desk.staff, browser(desk, "manager")):
        page = client.get(held).text
        assert "Taken – choose it to see by whom" in page
        assert "Matti Malli" not in page, "only who asks sees names, and that is on record"
        path = unescape(LINK.findall(page)[0])
        shown = client.get(f"{path}&lang=en").text
        assert f'<a href="/desk/people/{person.public}">Matti Malli</a>' in shown
        assert "12.00–13.00" in text_of(shown)
        assert "Handball" in shown, "a class has a name"
    assert audited("court.view") == 2


def test_another_time_of_the_same_court_is_another_look(
    desk: Desk, person: Person, held: str, noon: datetime
) -> None:
    del held
    book(person.id, desk.site.world.court_1, noon + timedelta(hours=3), now=utc_now())
    client = browser(desk, "desk")
    for start in (noon, noon, noon + timedelta(hours=3)):
        path = f"/desk/courts/{desk.site.world.court_1}?start={start:%Y-%m-%dT%H:%M}Z&minutes=30"
        assert "Matti Malli" in client.get(path).text
    assert audited("court.view") == 2


def test_another_person_with_the_same_court_is_another_look(
    desk: Desk, person: Person, held: str, noon: datetime
) -> None:
    client = browser(desk, "desk")
    path = unescape(LINK.findall(client.get(held).text)[0])
    assert "Matti Malli" in client.get(path).text
    with writing() as session:
        cancelled = session.scalars(select(Booking).where(Booking.member_id == person.id)).one()
        bookings.cancel(session, member_id=person.id, booking=cancelled.public_id, now=utc_now())
    eino = a_person(desk, "eino")
    book(eino.id, desk.site.world.court_1, noon, now=utc_now())
    for _ in range(2):
        client.get(path)
    assert audited("court.view") == 2


def test_a_member_never_sees_who_has_a_court(desk: Desk, held: str) -> None:
    path = unescape(LINK.findall(desk.staff.get(held).text)[0])
    other = signed_in(desk.app, a_person(desk, "eino").id)
    for client in (other, browser(desk, "instructor"), desk.app.test_client()):
        page = client.get(held).text
        assert ">Taken<" in page
        assert "/desk/courts" not in page
        refused = client.get(path)
        assert refused.status_code in (401, 403)
        assert "Matti Malli" not in refused.text
    assert audited("court.view") == 0


@pytest.mark.parametrize(
    "query", ["", "start=x&minutes=60", "start=9999-12-31T23:00Z&minutes=60", "minutes=0"]
)
def test_any_address_of_it_is_a_page_or_not_found(desk: Desk, noon: datetime, query: str) -> None:
    query = query if "start" in query else f"start={noon:%Y-%m-%dT%H:%M}Z&{query}"
    path = f"/desk/courts/{desk.site.world.court_1}?{query}"
    assert desk.staff.get(path).status_code == 404
    path = f"/desk/courts/{desk.site.world.court_1}?start={noon:%Y-%m-%dT%H:%M}Z&minutes=60&lang=en"
    assert "Nobody has the court then any more." in desk.staff.get(path).text
