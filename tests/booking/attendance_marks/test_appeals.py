"""A person reads what proves a mark and appeals once; staff decide it, but not their own."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.booking import World, a_member, a_session, class_details
from tests.world.people import signed_in
from zone.booking.attendance_marks.invariants import count_wrong_mark_states
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.bookings import service as bookings
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.members.roles.service import grant_role

MARKS = "/api/v1/me/marks"
APPEALS = "/api/v1/appeals"


@dataclass(frozen=True)
class Marked:
    """Anna, who has cancelled late, and the desk."""

    anna: FlaskClient
    desk: FlaskClient
    mark: str
    member: int


def cancel_late(member: int, world: World, now: datetime) -> None:
    with writing() as session:
        row = a_session(
            session,
            world,
            start=now + timedelta(minutes=90),
            offer=class_details(world, percent=10),
            now=now,
        )
        booked_at = now - timedelta(hours=1)
        booking = bookings.book(
            session, member_id=member, class_session=row.public_id, now=booked_at
        )
        bookings.cancel(session, member_id=member, booking=booking.public_id, now=now, late=True)


@pytest.fixture
def marked(app: Flask, world: World, now: datetime) -> Marked:
    with writing() as session:
        member, desk = (a_member(session, world, name, now=now) for name in ("anna", "desk"))
        grant_role(session, desk, "desk", now)
    cancel_late(member, world, now)
    anna = signed_in(app, member)
    [mark] = fetched(anna, MARKS)["marks"]
    return Marked(anna, signed_in(app, desk), mark["id"], member)


def fetched(client: FlaskClient, path: str) -> Any:
    return client.get(path).get_json()


def appeal(client: FlaskClient, mark: str, text: str = "My child fell ill.") -> Any:
    return client.post(f"{MARKS}/{mark}/appeal", json={"text": text})


def decide(client: FlaskClient, mark: str, outcome: str = "upheld") -> Any:
    values = {"outcome": outcome, "reason": "The class was full."}
    return client.post(f"{APPEALS}/{mark}/decision", json=values)


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer.json["reasons"]]


def test_a_person_reads_their_marks_with_what_proves_them(marked: Marked) -> None:
    answer = fetched(marked.anna, MARKS)
    [mark] = answer["marks"]
    assert answer["banned_until"] is None
    assert (mark["kind"], mark["state"], mark["counts"]) == ("late_cancellation", "counting", True)
    assert mark["evidence"]["demand"] | {"last_waited_at": None} == {
        "places": 1,
        "booked": 1,
        "percent": 100,
        "waited": 0,
        "last_waited_at": None,
    }
    assert [event["kind"] for event in mark["events"]] == ["noticed"]
    for language in LANGUAGES:
        page = marked.anna.get(f"/bookings/marks?language={language}")
        assert page.status_code == 200
    text = marked.anna.get("/bookings/marks").text
    assert "Places that could be booked: 1. Booked: 1." in text
    assert "The limit was" in text


def test_an_appeal_is_made_once_and_decided_once(marked: Marked) -> None:
    assert codes(decide(marked.desk, marked.mark)) == ["not_found"], "nobody has appealed"
    for _ in range(2):  # the second tap changes nothing
        assert appeal(marked.anna, marked.mark).status_code == 200
    assert codes(appeal(marked.anna, marked.mark, "And another thing")) == ["mark_appealed"]
    [row] = fetched(marked.desk, APPEALS)["appeals"]
    assert (row["name"], row["mark"]["appeal"]) == ("anna", "My child fell ill.")
    answer = decide(marked.desk, marked.mark)
    assert answer.json["state"] == "counting"
    assert [event["kind"] for event in answer.json["events"]] == ["noticed", "appealed", "upheld"]
    assert codes(decide(marked.desk, marked.mark, "lifted")) == ["appeal_decided"]
    assert fetched(marked.desk, APPEALS)["appeals"] == []
    with reading() as session:
        [audit] = session.scalars(select(AuditRow).where(AuditRow.action == "mark.uphold"))
        assert audit.reason == "The class was full."
        mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).one()
        assert mail.template == "booking/appeal_turned_down"
        assert "The class was full." in mail.body
        # Staff only: an event stays when the mark does not name its person any more.
        named = select(AttendanceMarkEvent.actor_id).order_by(AttendanceMarkEvent.id)
        assert [actor is not None for actor in session.scalars(named)] == [False, False, True]


def test_a_lifted_mark_no_longer_counts_and_nobody_appeals_against_it(marked: Marked) -> None:
    appeal(marked.anna, marked.mark)
    assert decide(marked.desk, marked.mark, "lifted").json["state"] == "lifted"
    [mark] = fetched(marked.anna, MARKS)["marks"]
    assert (mark["counts"], mark["may_appeal"]) == (False, False)
    assert mark["decision"] == "The class was full."
    assert codes(appeal(marked.anna, marked.mark, "Once more")) == ["mark_appealed"]
    with reading() as session:
        mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).one()
        assert mail.template == "booking/mark_lifted"


def test_an_excused_mark_cannot_be_appealed(marked: Marked) -> None:
    with reading() as session:
        person = session.get_one(Member, marked.member).public_id
    [mark] = fetched(marked.anna, MARKS)["marks"]
    address = f"/api/v1/desk/people/{person}/bookings/{mark['booking']}/excuse"
    for _ in range(2):
        assert marked.desk.post(address, json={"reason": "Ill"}).status_code == 204
    assert codes(appeal(marked.anna, marked.mark)) == ["mark_not_counting"]
    record = marked.desk.get(f"/desk/people/{person}").text
    assert "cancelled late" in record


def test_anothers_mark_is_as_unknown_as_any(
    app: Flask, world: World, now: datetime, marked: Marked
) -> None:
    with writing() as session:
        other = a_member(session, world, "other", now=now)
    bert = signed_in(app, other)
    assert codes(appeal(bert, marked.mark)) == ["not_found"]
    assert codes(appeal(bert, str(uuid.uuid4()))) == ["not_found"]
    assert bert.get(APPEALS).status_code == 403
    assert decide(bert, marked.mark).status_code == 403


def test_nobody_decides_their_own_appeal(
    app: Flask, world: World, now: datetime, marked: Marked
) -> None:
    with writing() as session:
        grant_role(session, marked.member, "manager", now)
    appeal(marked.anna, marked.mark)
    assert codes(decide(marked.anna, marked.mark, "lifted")) == ["not_for_yourself"]


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_text_is_needed_and_bounded(marked: Marked, text: str) -> None:
    assert appeal(marked.anna, marked.mark, text).status_code == 422
    with reading() as session:
        assert session.scalars(select(AttendanceMark)).one().appealed_at is None


def key_in(page: str) -> str:
    return page.split('name="key" value="')[1].split('"', maxsplit=1)[0]


def test_both_use_pages_for_it(marked: Marked) -> None:
    page = marked.anna.get("/bookings/marks").text
    address = f"/bookings/marks/{marked.mark}/appeal"
    blank = marked.anna.post(address, data={"key": key_in(page), "text": " "})
    assert (blank.status_code, "<details open>" in blank.text) == (422, True)
    sent = marked.anna.post(address, data={"key": key_in(page), "text": "I was there"})
    assert sent.status_code == 303
    assert "Your appeal is sent" in marked.anna.get(sent.location).text
    page = marked.desk.get("/manage/appeals").text
    assert "I was there" in page
    assert "Places that could be booked" in page
    form = {"key": key_in(page), "outcome": "lifted", "reason": "The camera shows you"}
    decided = marked.desk.post(f"/manage/appeals/{marked.mark}", data=form)
    assert decided.status_code == 303
    assert "No appeal waits" in marked.desk.get(decided.location).text
    page = marked.anna.get("/bookings/marks").text
    assert "The mark is lifted." in page
    assert "The camera shows you" in page


def test_a_late_cancellation_says_what_it_costs(
    app: Flask, world: World, now: datetime, marked: Marked
) -> None:
    """The page says so before the tap; a page from before the limit is refused."""
    with writing() as session:
        row = a_session(
            session,
            world,
            start=now + timedelta(minutes=100),
            offer=class_details(world, space=world.hall, percent=10),
            now=now,
        )
        booking = bookings.book(
            session,
            member_id=marked.member,
            class_session=row.public_id,
            now=now - timedelta(hours=1),
        )
    page = marked.anna.get("/bookings").text
    assert "Others want this place, so cancelling now is a mark" in page
    address = f"/bookings/{booking.public_id}/cancel"
    assert marked.anna.post(address).status_code == 409
    assert marked.anna.delete(f"/api/v1/bookings/{booking.public_id}").status_code == 409
    cancelled = marked.anna.post(address, data={"late": "yes"})
    assert "so it is a mark" in marked.anna.get(cancelled.location).text
    [made] = [
        one
        for one in fetched(marked.anna, "/api/v1/me/bookings")["bookings"]
        if one["id"] == str(booking.public_id)
    ]
    assert made["marked"]
    answer = fetched(marked.anna, MARKS)
    assert len(answer["marks"]) == 2
    assert answer["banned_until"] is not None
    assert "Booking ahead is paused until" in marked.anna.get("/bookings").text
    assert fetched(marked.anna, "/api/v1/me/bookings")["suspended_until"] == answer["banned_until"]


def test_an_outsider_decides_a_mark_again_from_the_export(marked: Marked) -> None:
    [mark] = fetched(marked.anna, "/api/v1/me/export")["marks"]
    kept = json.loads(mark["evidence"])
    assert kept["waited"] > 0 or kept["booked"] * 100 >= 90 * kept["places"]
    assert mark["occurred_at"] > kept["limit"]


@pytest.mark.parametrize("outcome", ["upheld", "lifted"])
@pytest.mark.planted_fault("somebody hides an appeal, or opens it again")
def test_an_appeal_is_decided_by_its_history(marked: Marked, outcome: str) -> None:
    def wrong_after(**by_hand: Any) -> int:
        with writing() as session:
            session.execute(update(AttendanceMark).values(**by_hand))
        with reading() as session:
            return count_wrong_mark_states(session, utc_now())

    appeal(marked.anna, marked.mark)
    assert wrong_after(decided_at=None) == 0
    assert wrong_after(decided_at=utc_now()) == 1
    assert wrong_after(decided_at=None) == 0
    assert decide(marked.desk, marked.mark, outcome).status_code == 200
    assert wrong_after(appeal_text="My child fell ill.") == 0
    assert wrong_after(decided_at=None) == (outcome == "upheld")
