"""A place that comes free late, or at night, is offered: taken, declined, or left unanswered."""

import re
import uuid
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.people import signed_in
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of
from tests.world.waitlist import check_queues, events_of
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.offers import service as offers
from zone.booking.promotions import service as promotions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import jobs, rules
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.passes.passes.models import Pass

LATE = NOW + timedelta(hours=3)
"""Two hours and a half before the class: too late to book a place by itself."""


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    """This afternoon, with one place that can be booked."""
    with writing() as session:
        return a_session(
            session,
            world,
            start=LATE + timedelta(hours=2, minutes=30),
            offer=class_details(world, percent=10),
        )


@pytest.fixture
def people(app: Flask, world: World) -> list[int]:
    with writing() as session:
        return [a_member(session, world, f"p{n}") for n in range(4)]


def a_full_queue(people: list[int], yoga: ClassSession) -> None:
    with writing() as session:
        bookings.book(session, member_id=people[0], class_session=yoga.public_id, now=NOW)
    for person in people[1:]:
        with writing() as session:
            waitlist.join(session, member_id=person, class_session=yoga.public_id, now=NOW)


def give_back(people: list[int], now: datetime = LATE) -> None:
    """The first gives the place back, in the last minute in which they can."""
    with writing() as session:
        booking = session.scalars(
            select(Booking.public_id).where(
                Booking.member_id == people[0], Booking.state == "booked"
            )
        ).one()
        bookings.cancel(session, member_id=people[0], booking=booking, now=now)


def entry_of(member: int) -> QueueEntry:
    with reading() as session:
        return session.scalars(select(QueueEntry).where(QueueEntry.member_id == member)).one()


def accept(member: int, now: datetime = LATE) -> uuid.UUID:
    entry = entry_of(member).public_id
    with writing() as session:
        return offers.accept(session, entry, now, member_id=member).public_id


def decline(member: int, now: datetime = LATE) -> None:
    entry = entry_of(member).public_id
    with writing() as session:
        offers.decline(session, entry, now, member_id=member)


def holders(yoga: ClassSession) -> list[int | None]:
    live = select(Booking.member_id).where(Booking.session_id == yoga.id, Booking.state == "booked")
    with reading() as session:
        return list(session.scalars(live))


def mails(template: str) -> list[OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == f"booking/{template}")
        return list(session.scalars(query.order_by(OutboxMail.id)))


@pytest.mark.engines("sqlite", "postgresql")
def test_an_offer_keeps_the_place_until_it_is_answered(
    people: list[int], yoga: ClassSession
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    check_queues(LATE)
    assert holders(yoga) == []
    offered = entry_of(people[1])
    assert (offered.state, offered.offered_until) == ("offered", LATE + timedelta(minutes=30))
    [mail] = mails("queue_offer")
    assert mail.recipient == "p1@zone.example"
    with pytest.raises(DomainError, match="session_full"), writing() as session:
        bookings.book(session, member_id=people[0], class_session=yoga.public_id, now=LATE)
    assert accept(people[1]) == accept(people[1]), "a second tap is the same booking"
    assert holders(yoga) == [people[1]]
    assert events_of(people[1]) == ["joined", "offered", "booked"]
    check_queues(LATE)


def test_who_declines_gives_the_place_to_the_next(people: list[int], yoga: ClassSession) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    for _ in range(2):
        decline(people[1])
    assert events_of(people[1]) == ["joined", "offered", "declined"]
    assert [entry_of(person).state for person in people[2:]] == ["offered", "waiting"]
    check_queues(LATE)


def test_an_offer_that_nobody_answers_goes_on_with_a_mail(
    people: list[int], yoga: ClassSession, settings: Settings
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    in_time, over = LATE + timedelta(minutes=30), LATE + timedelta(minutes=31)
    assert jobs.settle_queues(settings, in_time - timedelta(seconds=1)) == 0
    assert jobs.settle_queues(settings, over) == 1
    assert [entry_of(person).state for person in people[1:3]] == ["expired", "offered"]
    assert [mail.recipient for mail in mails("queue_offer_ended")] == ["p1@zone.example"]
    with pytest.raises(DomainError, match="offer_ended"):
        accept(people[1], over)
    check_queues(over)


def test_when_booking_closes_the_kept_place_is_for_people_without_a_booking(
    people: list[int], yoga: ClassSession, settings: Settings
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    closed = yoga.starts_at - timedelta(minutes=30) + timedelta(seconds=1)
    jobs.settle_queues(settings, closed)
    with reading() as session:
        assert set(session.scalars(select(QueueEntry.state))) == {"expired"}
        assert session.get_one(ClassSession, yoga.id).booked == 0
    check_queues(closed)


def test_who_may_not_hold_the_place_any_more_is_refused_with_every_reason(
    people: list[int], yoga: ClassSession
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    with writing() as session:
        session.execute(
            update(Pass)
            .where(Pass.member_id == people[1])
            .values(
                starts_on=NOW.date() - timedelta(days=9), ends_on=NOW.date() - timedelta(days=1)
            )
        )
    with pytest.raises(DomainError, match="no_right"):
        accept(people[1])
    assert entry_of(people[1]).state == "offered"
    check_queues(LATE)


def test_who_leaves_the_queue_gives_the_kept_place_on(
    people: list[int], yoga: ClassSession
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    entry = entry_of(people[1]).public_id
    with writing() as session:
        left = waitlist.leave(session, member_id=people[1], entry=entry, now=LATE)
    assert (left.state, entry_of(people[2]).state) == ("left", "offered")
    check_queues(LATE)


def test_a_person_is_told_once_why_they_are_passed_over(
    world: World, people: list[int], yoga: ClassSession, settings: Settings
) -> None:
    a_full_queue(people, yoga)
    with writing() as session:
        other = a_session(
            session,
            world,
            start=yoga.starts_at,
            offer=class_details(world, kind="online", space=None),
        )
    with writing() as session:
        bookings.book(session, member_id=people[1], class_session=other.public_id, now=NOW)
    give_back(people)
    decline(people[2])
    jobs.settle_queues(settings, LATE)
    assert events_of(people[1]) == ["joined", "passed_over"]
    [mail] = mails("queue_passed_over")
    assert mail.recipient == "p1@zone.example"
    assert "another booking at the same time" in mail.body


@pytest.mark.engines("sqlite", "postgresql")
def test_of_an_answer_and_the_end_of_an_offer_at_once_one_counts(
    app: Flask, people: list[int], yoga: ClassSession
) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    entry = entry_of(people[1]).public_id

    def take() -> None:
        with writing() as session:
            offers.accept(session, entry, LATE, member_id=people[1])

    def end() -> None:
        with writing() as session:
            waitlist.settle(session, yoga.id, LATE + timedelta(minutes=31))

    met = outcomes(app, [take, take, end, partial(decline, people[1])])
    assert set(met) <= {"done", "offer_ended"}
    check_queues(LATE)
    # Declined before the end, it runs out a second time: for the next person.
    assert holders(yoga) == [people[1]] or entry_of(people[2]).state in ("offered", "expired")


@pytest.mark.planted_fault("an offer that keeps no place")
def test_an_offer_that_keeps_no_place_fails_the_check(
    people: list[int], yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_full_queue(people, yoga)
    monkeypatch.setattr(promotions, "reserve_seat", lambda session, class_session: True)
    give_back(people)
    with pytest.raises(AssertionError, match="the counter"):
        check_queues(LATE)


@pytest.mark.planted_fault("a place booked for somebody who cannot cancel any more")
def test_a_queue_that_always_books_fails_the_check(
    people: list[int], yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_full_queue(people, yoga)
    monkeypatch.setattr(rules, "books_by_itself", lambda *_: True)
    give_back(people)
    assert holders(yoga) == [people[1]]


def link_in(mail: OutboxMail) -> str:
    [path] = re.findall(r"/queue/[-0-9a-f]+/offer/[-\w]+", mail.body)
    return str(path)


@pytest.fixture
def linked(app: Flask, people: list[int], world: World) -> str:
    """The link of an offer that is open now."""

    now = utc_now()
    with writing() as session:
        soon = a_session(
            session,
            world,
            start=now + timedelta(hours=2, minutes=30),
            offer=class_details(world, percent=10),
            now=now,
        )
    with writing() as session:
        bookings.book(session, member_id=people[0], class_session=soon.public_id, now=now)
    with writing() as session:
        waitlist.join(session, member_id=people[1], class_session=soon.public_id, now=now)
    give_back(people, now)
    return link_in(mails("queue_offer")[0])


@pytest.mark.parametrize(
    ("button", "state"), [("Take the place", "booked"), ("No, thank you", "declined")]
)
def test_the_link_opens_a_page_whose_buttons_answer(
    app: Flask, people: list[int], linked: str, button: str, state: str
) -> None:
    guest = app.test_client()
    for _ in range(2):
        assert guest.get(linked).status_code == 200
    assert entry_of(people[1]).state == "offered", "opening it changes nothing"
    [form] = forms_of(guest, linked)
    assert form.submit(guest, button).status_code == 303
    assert entry_of(people[1]).state == state
    assert "form method" not in guest.get(linked + "?lang=en").text.replace('"', "")
    # A used link answers nothing any more.
    again = form.submit(guest, "No, thank you" if state == "booked" else "Take the place")
    assert again.status_code == 409


def test_the_page_of_a_place_that_was_given_up_promises_none(
    app: Flask, people: list[int], linked: str
) -> None:
    guest = app.test_client()
    [form] = forms_of(guest, linked)
    form.submit(guest, "Take the place")
    assert "Just bring your pass" in guest.get(f"{linked}?lang=en").text
    give_back([people[1]], utc_now())
    page = guest.get(f"{linked}?lang=en").text
    assert ("Just bring your pass" in page, "This offer is over" in page) == (False, True)


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": "TAKE"}, {"answer": "no"}])
def test_a_form_without_an_answer_changes_nothing(
    app: Flask, people: list[int], linked: str, answer: dict[str, str]
) -> None:
    entry = entry_of(people[1])
    own = f"/queue/{entry.public_id}/offer"
    for browser, path in ((app.test_client(), linked), (person(app, people[1]), own)):
        assert browser.post(path, data=answer).status_code == 422
    assert entry_of(people[1]).state == "offered"


def test_a_forged_link_is_not_found(app: Flask, linked: str) -> None:
    guest = app.test_client()
    for path in (
        f"{linked}x",
        linked.rpartition("/")[0] + "/x",
        f"/queue/{uuid.uuid4()}/offer/x",
    ):
        assert guest.get(path).status_code == 404
        assert guest.post(path, data={"answer": "take"}).status_code == 404


def person(app: Flask, member: int) -> FlaskClient:
    return signed_in(app, member)


def test_the_api_takes_an_offer_and_tells_its_history(
    app: Flask, people: list[int], linked: str
) -> None:
    anna, other = person(app, people[1]), person(app, people[2])
    entry = entry_of(people[1]).public_id
    [own] = anna.get("/api/v1/me/queue").get_json()["queue"]
    assert (own["state"], own["id"]) == ("offered", str(entry))
    assert own["offered_until"] is not None
    for path in ("accept", "decline"):
        assert other.post(f"/api/v1/queue/{entry}/{path}").status_code == 404
    assert other.get(f"/api/v1/queue/{entry}/explain").status_code == 404
    taken = anna.post(f"/api/v1/queue/{entry}/accept")
    assert (taken.status_code, taken.get_json()["state"]) == (201, "booked")
    steps = anna.get(f"/api/v1/queue/{entry}/explain").get_json()["steps"]
    assert [step["kind"] for step in steps] == ["joined", "offered", "booked"]
    late = anna.post(f"/api/v1/queue/{entry}/decline")
    assert (late.status_code, late.get_json()["code"]) == (409, "offer_ended")
