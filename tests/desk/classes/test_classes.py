"""The desk sees each class of the next days: to book, or why not and what would help."""

import re
from datetime import datetime, time, timedelta
from html import unescape

import pytest
from sqlalchemy import event, update

from tests.world.booking import a_member, a_session, class_details
from tests.world.counter import Desk, Person, a_person
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.desk.classes.queries import classes_for

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def noon() -> datetime:
    return from_helsinki(helsinki_date(utc_now()) + timedelta(days=1), time(12))


def a_class(desk: Desk, start: datetime, *, percent: int = 70, space: int = -1) -> ClassSession:
    with writing() as session:
        return a_session(
            session,
            desk.site.world,
            start=start,
            offer=class_details(desk.site.world, percent=percent, space=space),
            now=utc_now(),
        )


def book(person: int, row: ClassSession) -> None:
    with writing() as session:
        bookings.book(session, member_id=person, class_session=row.public_id, now=utc_now())


def shown(desk: Desk, person: Person) -> str:
    page = desk.staff.get(f"/desk/people/{person.public}").text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def found(person: Person) -> tuple[int, list[tuple[str, str | None, int]]]:
    with reading() as session:
        classes = classes_for(session, person.public, utc_now())
    others = [(one.card.status, one.card.obstacle, len(one.classes)) for one in classes.others]
    return len(classes.free), others


def test_each_class_is_free_or_says_why_not(desk: Desk, person: Person, noon: datetime) -> None:
    with writing() as session:
        other = a_member(session, desk.site.world, "bert", now=utc_now())
    held, waited = a_class(desk, noon), a_class(desk, noon + timedelta(hours=6), percent=10)
    full = a_class(desk, noon + timedelta(hours=2), percent=10)
    a_class(desk, noon, space=desk.site.world.hall)
    a_class(desk, noon + timedelta(hours=4))
    book(person.id, held)
    book(other, full)
    book(other, waited)
    with writing() as session:
        waitlist.join(session, member_id=person.id, class_session=waited.public_id, now=utc_now())
    free, others = found(person)
    assert free == 1
    assert sorted(others, key=str) == [
        ("booked", None, 1),
        ("free", "overlap", 1),
        ("full", None, 1),
        ("queued", None, 1),
    ]
    text = shown(desk, person)
    for sentence in (
        "Why the other classes cannot be booked",
        "Booked already.",
        "Overlaps with Yoga",
        "Full. They can join the queue on their own page.",
        "They wait: 1 of 1 in the queue.",
    ):
        assert sentence in text, sentence


def test_what_would_help_a_person_without_a_pass_is_said_once(desk: Desk, noon: datetime) -> None:
    person = a_person(desk, "passless", with_pass=False)
    for hours in range(3):
        a_class(desk, noon + timedelta(hours=hours))
    assert found(person) == (0, [("free", "no_pass", 3)])
    text = shown(desk, person)
    assert "Why no class can be booked" in text
    assert text.count("No pass that covers classes then. Sell one first.") == 1


def test_what_is_cancelled_or_over_is_left_out(desk: Desk, person: Person, noon: datetime) -> None:
    a_class(desk, noon)
    assert found(person) == (1, [])
    with writing() as session:
        session.execute(update(Allocation).values(state="cancelled"))
    assert found(person) == (0, [])


def test_a_hundred_classes_take_as_many_statements_as_one(
    desk: Desk, person: Person, noon: datetime
) -> None:
    def statements() -> int:
        recorded: list[str] = []
        with reading() as session:
            connection = session.connection()
            event.listen(
                connection, "before_cursor_execute", lambda *args: recorded.append(args[2])
            )
            classes_for(session, person.public, utc_now())
        return len(recorded)

    a_class(desk, noon)
    few = statements()
    for number in range(1, 6):
        a_class(desk, noon + timedelta(hours=number))
    assert statements() == few
