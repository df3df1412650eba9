"""A day is left out of a class of several weekdays, and put back with the same session."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.rendered_forms import forms_in, forms_of
from tests.world.weekly_classes import a_class, of_class
from zone.booking.allocations.models import Hold
from zone.booking.bookings import service as bookings
from zone.booking.class_days import service as class_days
from zone.booking.expansions import service as expansions
from zone.booking.moves import service as moves
from zone.booking.moves.rules import Placement
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.weekly_classes import rules
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.queries import weekly_of
from zone.booking.weekly_classes.rules import Weekly
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.time import to_helsinki
from zone.members.people.service import create_member

TUESDAY, THURSDAY = date(2026, 9, 22), date(2026, 9, 24)
TWICE_A_WEEK = Weekly((2, 4), time(17), 60, date(2026, 9, 1), date(2026, 12, 17))


@pytest.fixture
def yoga(world: World) -> UUID:
    """Yoga on Tuesdays and Thursdays at 17, with one place that can be booked."""
    with writing() as session:
        details = class_details(world, percent=10)
        rule, _ = weekly_classes.create_class(session, details, TWICE_A_WEEK, now=NOW)
        return rule.public_id


def act(work: Callable[..., object], rule: UUID, day: date, now: datetime = NOW) -> None:
    with writing() as session:
        email = f"manager-{now:%H%M%S}@zone.example"
        manager = create_member(session, email=email, name="M", language="en", now=now)
        work(session, an_actor(manager.id, "manager"), rule, day, reason="Party", now=now)


def days(rule: UUID) -> dict[date, str]:
    return {row.rule_day: row.state for row in of_class(rule) if row.rule_day}


def held(session_id: int) -> int:
    with reading() as session:
        return len(session.scalars(select(Hold).where(Hold.allocation_id == session_id)).all())


def mails() -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.execute(select(OutboxMail.template, OutboxMail.recipient))
        return sorted((template, to.split("@")[0]) for template, to in rows)


def test_a_class_is_held_on_each_of_its_weekdays(yoga: UUID) -> None:
    assert {day.isoweekday() for day in days(yoga)} == {2, 4}
    assert len(days(yoga)) == 10


@pytest.mark.parametrize("last", [date(2026, 11, 1), date(2027, 4, 4)])
def test_five_in_the_afternoon_stays_it_on_both_sides_of_a_clock_change(last: date) -> None:
    """Of 25 October 2026 and 28 March 2027, on each weekday that is near."""
    when = Weekly((1, 2, 4, 6, 7), time(17), 60, last - timedelta(days=14), last)
    starts = [start for _, start, _ in rules.weekly(when)]
    assert len(starts) >= 10
    assert {to_helsinki(start).time() for start in starts} == {time(17)}
    assert {start.hour for start in starts} == {14, 15}


def test_a_day_that_is_left_out_is_not_made_and_its_session_is_cancelled(yoga: UUID) -> None:
    far = date(2026, 11, 3)
    act(class_days.skip_day, yoga, THURSDAY)
    act(class_days.skip_day, yoga, far, NOW + timedelta(seconds=1))
    assert days(yoga)[THURSDAY] == "cancelled"
    with writing() as session:
        expansions.expand_classes(session, datetime(2026, 11, 1, tzinfo=UTC))
    assert far not in days(yoga)
    assert date(2026, 11, 5) in days(yoga)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_day_whose_session_was_held_earlier_is_not_left_out(
    world: World, yoga: UUID, recorded: bool
) -> None:
    [row] = [row for row in of_class(yoga) if row.rule_day == THURSDAY]
    earlier = timedelta(days=2, hours=3)
    tuesday = Placement(row.starts_at - earlier, row.ends_at - earlier, world.studio)
    with writing() as session:
        manager = an_actor(a_member(session, world, "mover"), "manager")
        moves.move_session(
            session, manager, row.public_id, tuesday, reason="Hall", now=NOW, version=row.version
        )
        if recorded:
            sessions.mark_held(session, tuesday.ends_at)
    with pytest.raises(DomainError, match="session_held"):
        act(class_days.skip_day, yoga, THURSDAY, tuesday.ends_at)


def test_a_day_that_is_put_back_has_the_same_session_and_its_space(yoga: UUID) -> None:
    before = {row.rule_day: (row.id, row.public_id) for row in of_class(yoga)}
    [cancelled] = [row for row in of_class(yoga) if row.rule_day == THURSDAY]
    act(class_days.skip_day, yoga, THURSDAY)
    assert held(cancelled.id) == 0
    act(class_days.put_day_back, yoga, THURSDAY, NOW + timedelta(minutes=1))
    [again] = [row for row in of_class(yoga) if row.rule_day == THURSDAY]
    assert (again.id, again.public_id) == before[THURSDAY]
    assert (again.state, again.sequence, held(again.id)) == ("scheduled", 1, 12)


def test_a_far_day_that_is_put_back_is_made_when_its_time_comes(yoga: UUID) -> None:
    far = date(2026, 11, 3)
    act(class_days.skip_day, yoga, far)
    act(class_days.put_day_back, yoga, far, NOW + timedelta(minutes=1))
    with writing() as session:
        expansions.expand_classes(session, datetime(2026, 11, 1, tzinfo=UTC))
    assert days(yoga)[far] == "scheduled"


def test_who_had_booked_or_waited_is_told_of_both(world: World, yoga: UUID) -> None:
    [of_day] = [row for row in of_class(yoga) if row.rule_day == TUESDAY]
    with writing() as session:
        booked, waits = (a_member(session, world, name) for name in ("anna", "berta"))
        bookings.book(session, member_id=booked, class_session=of_day.public_id, now=NOW)
        waitlist.join(session, member_id=waits, class_session=of_day.public_id, now=NOW)
    act(class_days.skip_day, yoga, TUESDAY, NOW + timedelta(minutes=1))
    act(class_days.put_day_back, yoga, TUESDAY, NOW + timedelta(minutes=2))
    act(class_days.put_day_back, yoga, TUESDAY, NOW + timedelta(minutes=3))
    told = [mail for mail in mails() if mail[0] == "booking/session_reinstated"]
    assert told == [(told[0][0], "anna"), (told[0][0], "berta")]
    # Cancelled once more, they hear of it once more.
    with writing() as session:
        bookings.book(session, member_id=booked, class_session=of_day.public_id, now=NOW)
    act(class_days.skip_day, yoga, TUESDAY, NOW + timedelta(minutes=4))
    assert mails().count(("booking/session_cancelled", "anna")) == 2


@pytest.mark.parametrize("work", [class_days.skip_day, class_days.put_day_back])
@pytest.mark.parametrize("day", [date(2026, 9, 23), date(2026, 9, 15), date(2027, 9, 21)])
def test_what_is_no_day_to_come_of_the_class_is_refused(
    yoga: UUID, work: Callable[..., object], day: date
) -> None:
    with pytest.raises(DomainError) as refusal:
        act(work, yoga, day)
    assert refusal.value.reasons[0].code == "not_a_day_of_it"


def test_a_day_whose_space_is_taken_meanwhile_is_not_put_back(
    manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    first = of_class(rule)[0]
    path = f"/api/v1/classes/{rule}/skipped-days/{first.rule_day}"
    assert manager.put(path, json={"reason": "Party"}).status_code == 200
    with writing() as session:
        a_session(session, world, start=first.starts_at, offer=class_details(world, name="Pilates"))
    refused = manager.post(f"{path}/put-back", json={"reason": "Back"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "space_taken")
    listed = manager.get(f"/api/v1/classes/{rule}/days").get_json()["days"]
    assert [one["state"] for one in listed] == ["skipped", *["scheduled"] * 3]
    assert listed[0]["reason"] == "Party"


def test_the_page_leaves_a_day_out_and_puts_it_back(manager: FlaskClient, world: World) -> None:
    rule = a_class(world)
    path = f"/manage/classes/{rule}/days"
    [form] = forms_of(manager, path)
    shown = form.submit(manager, "Show what it does", reason="Party")
    [form] = forms_in(shown.text, path)
    assert form.submit(manager, "Leave the day out").status_code == 303
    with reading() as session:
        states = select(ClassSession.state).order_by(ClassSession.starts_at)
        assert session.scalars(states).all() == ["cancelled", *["scheduled"] * 3]
    [_, back] = forms_of(manager, path)
    assert back.submit(manager, "Put the day back", reason="No party").status_code == 303
    with reading() as session:
        assert set(session.scalars(select(ClassSession.state))) == {"scheduled"}
        assert weekly_of(weekly_classes.class_by_id(session, rule)).weekdays
