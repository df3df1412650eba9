"""Staff cancel anybody's booking with a reason, and book on behalf, by that person's rules."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.world import counter, lotteries
from tests.world.booking import a_session
from tests.world.counter import REASON, Desk, Person, a_person, audited, browser, call
from tests.world.courts import book as book_court
from tests.world.people import signed_in
from tests.world.rendered_forms import forms_of
from zone.booking.allocations.models import Allocation, AllocationEvent
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.lotteries.models import LotteryEntry
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, helsinki_date
from zone.members.people import service as people_service
from zone.members.people.queries import member_by_id

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def tomorrow() -> date:
    return helsinki_date(utc_now()) + timedelta(days=1)


@pytest.fixture
def noon(tomorrow: date) -> datetime:
    return from_helsinki(tomorrow, time(12))


def bookings_of(person: Person) -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.execute(
            select(Allocation.kind, Booking.state)
            .join(Booking, Booking.session_id == Allocation.id)
            .where(Booking.member_id == person.id)
            .order_by(Booking.id)
        )
        return [(kind, state) for kind, state in rows]


def mails(template: str) -> list[OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == f"booking/{template}")
        return list(session.scalars(query))


@pytest.mark.parametrize("role", ["desk", "manager", "admin"])
def test_a_court_booking_of_anybody_is_cancelled_with_a_reason(
    desk: Desk, person: Person, noon: datetime, role: str
) -> None:
    """Also where the booker themselves could not any more."""
    made = book_court(person.id, desk.site.world.court_1, noon, now=utc_now())
    path = f"/people/{person.public}/bookings/{made.public_id}/cancellation"
    staff = browser(desk, role)
    assert call(staff, path, {}).status_code == 422, "a reason is needed"
    for _ in range(2):  # the second tap changes nothing
        assert call(staff, path, REASON).status_code == 204
    assert bookings_of(person) == [("own_use", "cancelled")]
    [mail] = mails("booking_cancelled")
    assert (mail.recipient, "Asked at the desk" in mail.body) == ("matti@zone.example", True)
    assert audited("booking.cancel") == 1
    with reading() as session:
        event = session.scalars(select(AllocationEvent).order_by(AllocationEvent.id.desc())).first()
        assert event is not None
        assert (event.kind, event.reason) == ("cancelled", "Asked at the desk")
    other = a_person(desk, "other")
    book_court(other.id, desk.site.world.court_1, noon, now=utc_now())  # it is free again


def test_what_has_ended_is_not_cancelled(desk: Desk, person: Person) -> None:
    now = utc_now()
    with writing() as session:
        start = now - timedelta(hours=2)
        yoga = a_session(session, desk.site.world, start=start, now=start - timedelta(days=1))
        made = bookings.book(
            session,
            member_id=person.id,
            class_session=yoga.public_id,
            now=start - timedelta(hours=3),
        ).public_id
    answer = call(desk.staff, f"/people/{person.public}/bookings/{made}/cancellation", REASON)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "session_held")


def test_a_place_in_a_class_goes_to_the_next_in_the_queue(
    desk: Desk, person: Person, noon: datetime
) -> None:
    with writing() as session:
        yoga = a_session(session, desk.site.world, start=noon, now=utc_now()).public_id
    booked = call(desk.staff, f"/people/{person.public}/bookings", {"session": str(yoga)})
    assert booked.status_code == 201
    path = f"/people/{person.public}/bookings/{booked.get_json()['id']}/cancellation"
    assert call(desk.staff, path, REASON).status_code == 204
    assert bookings_of(person) == [("class", "cancelled")]


def court(desk: Desk, at: datetime, **more: Any) -> dict[str, Any]:
    wish = {"space": str(desk.site.world.court_1), "starts_at": at.isoformat(), "minutes": 60}
    return wish | more


def test_a_court_is_booked_on_behalf_and_the_person_is_told(
    desk: Desk, person: Person, noon: datetime
) -> None:
    answer = call(desk.staff, f"/people/{person.public}/courts", court(desk, noon))
    assert answer.status_code == 201, answer.get_json()
    assert bookings_of(person) == [("own_use", "booked")]
    assert [mail.recipient for mail in mails("booked")] == ["matti@zone.example"]
    assert audited("booking.book") == 1


def test_the_rules_of_the_person_hold(desk: Desk, noon: datetime) -> None:
    nobody = a_person(desk, "nobody", with_pass=False)
    answer = call(desk.staff, f"/people/{nobody.public}/courts", court(desk, noon))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_right")
    assert audited("booking.book") == 0


def check_nobody_acts_on_themselves(desk: Desk, noon: datetime) -> None:
    with reading() as session:
        own = member_by_id(session, desk.staff_id).public_id
    for path, body in (
        (f"/people/{own}/courts", court(desk, noon)),
        (f"/people/{own}/bookings", {"session": str(uuid.uuid4())}),
        (f"/people/{own}/bookings/{uuid.uuid4()}/cancellation", REASON),
        (f"/people/{own}/bookings/{uuid.uuid4()}/excuse", REASON),
        (f"/people/{own}/lottery-entries", {"session": str(uuid.uuid4())}),
        (f"/people/{own}/lottery-withdrawals", {"session": str(uuid.uuid4())}),
    ):
        refused = call(desk.staff, path, body)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "not_for_yourself"), path


def test_nobody_acts_on_themselves(desk: Desk, noon: datetime) -> None:
    check_nobody_acts_on_themselves(desk, noon)


@pytest.mark.planted_fault("staff may act on themselves")
def test_staff_who_act_on_themselves_fail_the_check(
    desk: Desk, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bookings,
        "another_member",
        lambda session, actor, person: people_service.lock_member(session, person),
    )
    with pytest.raises(AssertionError):
        check_nobody_acts_on_themselves(desk, noon)


def test_instructors_and_students_may_not(desk: Desk, person: Person, noon: datetime) -> None:
    made = book_court(person.id, desk.site.world.court_1, noon, now=utc_now()).public_id
    path = f"/people/{person.public}/bookings/{made}/cancellation"
    other = a_person(desk, "other")
    for client in (browser(desk, "instructor"), signed_in(desk.app, other.id)):
        assert call(client, path, REASON).status_code == 403


def test_the_record_has_a_form_for_each(
    desk: Desk, person: Person, noon: datetime, tomorrow: date
) -> None:
    with writing() as session:
        a_session(session, desk.site.world, start=noon + timedelta(hours=3), now=utc_now())
    path = f"/desk/people/{person.public}"
    by_action = {form.action: form for form in forms_of(desk.staff, path)}
    answer = by_action[f"{path}/court-booking"].submit(
        desk.staff,
        "Book the court",
        day=str(tomorrow),
        at="12:00",
        space=str(desk.site.world.court_1),
    )
    assert answer.status_code == 303, answer.text
    assert "Booked. The confirmation has been mailed." in desk.staff.get(answer.location).text
    answer = by_action[f"{path}/class-booking"].submit(desk.staff, "Book the class")
    assert answer.status_code == 303
    assert bookings_of(person) == [("own_use", "booked"), ("class", "booked")]
    for _ in range(2):
        cancel = next(
            form for form in forms_of(desk.staff, path) if form.action.endswith("cancellation")
        )
        assert cancel.submit(desk.staff, "Cancel the booking", reason="Floor").status_code == 303
    assert bookings_of(person) == [("own_use", "cancelled"), ("class", "cancelled")]
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 2


@pytest.fixture
def drawn(desk: Desk) -> uuid.UUID:
    """A class in three weeks, before its booking opens, whose places are drawn in two weeks."""
    now = utc_now()
    with writing() as session:
        start = from_helsinki(helsinki_date(now) + timedelta(days=21), time(17))
        row = a_session(session, desk.site.world, start=start, now=now)
        boss = counter.an_employee(session, "manager")
    draws_at = row.starts_at - timedelta(days=5)  # not before booking would open
    lotteries.announce(row, boss, opens_at=now, draws_at=draws_at, now=now)
    return row.public_id


def entries_of(person: Person) -> list[str]:
    with reading() as session:
        entries = select(LotteryEntry.state).where(LotteryEntry.member_id == person.id)
        return list(session.scalars(entries))


def test_somebody_at_the_desk_enters_a_draw_and_withdraws(
    desk: Desk, person: Person, drawn: uuid.UUID
) -> None:
    path = f"/people/{person.public}"
    entered = call(desk.staff, f"{path}/lottery-entries", {"session": str(drawn)})
    assert (entered.status_code, entered.get_json()["session"]) == (201, str(drawn))
    again = call(desk.staff, f"{path}/lottery-entries", {"session": str(drawn)})
    assert again.get_json()["code"] == "already_entered"
    for _ in range(2):  # the second tap changes nothing
        left = call(desk.staff, f"{path}/lottery-withdrawals", {"session": str(drawn)})
        assert (left.status_code, left.get_json()["state"]) == (200, "withdrawn")
    assert entries_of(person) == ["withdrawn"]
    assert (audited("lottery.enter"), audited("lottery.withdraw")) == (1, 1)
    with reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action.startswith("lottery.e")))
        assert entered.get_json()["ticket"] not in f"{[row.after for row in rows]}"


def test_nobody_enters_themselves_at_the_desk_or_without_a_pass(
    desk: Desk, drawn: uuid.UUID
) -> None:
    with writing() as session:
        employee = counter.an_employee(session, "desk")
        own = member_by_id(session, employee).public_id
    staff, of_drawn = signed_in(desk.app, employee), {"session": str(drawn)}
    refused = call(staff, f"/people/{own}/lottery-entries", of_drawn)
    assert refused.get_json()["code"] == "not_for_yourself"
    refused = call(desk.staff, f"/people/{own}/lottery-entries", of_drawn)
    assert refused.get_json()["code"] == "no_right"
    unknown = call(desk.staff, f"/people/{own}/lottery-withdrawals", of_drawn)
    assert unknown.status_code == 404


def test_the_record_has_the_forms_of_draws(desk: Desk, person: Person, drawn: uuid.UUID) -> None:
    path = f"/desk/people/{person.public}"
    by_action = {form.action: form for form in forms_of(desk.staff, path)}
    answer = by_action[f"{path}/draw-entry"].submit(desk.staff, "Enter them in the draw")
    assert answer.status_code == 303, answer.text
    assert "They are in the draw." in desk.staff.get(answer.location).text
    by_action = {form.action: form for form in forms_of(desk.staff, path)}
    assert f"{path}/draw-entry" not in by_action
    answer = by_action[f"{path}/draw-withdrawal"].submit(desk.staff, "Take them out of the draw")
    assert answer.status_code == 303
    assert entries_of(person) == ["withdrawn"]
