"""A session is moved: who comes along, who has the first right, who is told, and once."""

import json
import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from zone.booking.allocations import invariants as allocations_invariants
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import invariants as bookings_invariants
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.move_messages import service as move_messages
from zone.booking.moves import service as moves
from zone.booking.moves.rules import MovedSession, Placement
from zone.booking.offers import service as offers
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import invariants as waitlist_invariants
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.time import Window
from zone.members.people.service import create_member

SOON = NOW + timedelta(minutes=1)
TOMORROW = NOW + timedelta(days=1, hours=5)  # 17.00 in Helsinki


@pytest.fixture
def yoga(world: World) -> ClassSession:
    """Tomorrow at 17 in the studio: two places that can be booked, both taken; one person waits."""
    with writing() as session:
        row = a_session(session, world, start=TOMORROW, offer=class_details(world, percent=20))
        for name in ("anna", "berta"):
            member = a_member(session, world, name)
            bookings.book(session, member_id=member, class_session=row.public_id, now=NOW)
        waits = a_member(session, world, "carla")
        waitlist.join(session, member_id=waits, class_session=row.public_id, now=NOW)
        return row


def move(
    world: World,
    row: ClassSession,
    *,
    minutes: int = 0,
    space: int | None = None,
    version: int = 1,
    now: datetime = SOON,
) -> MovedSession:
    later = timedelta(minutes=minutes)
    to = Placement(row.starts_at + later, row.ends_at + later, space or world.studio)
    with writing() as session:
        email = f"manager{minutes}{version}@zone.example"
        boss = create_member(session, email=email, name="M", language="en", now=NOW)
        actor = an_actor(boss.id, "manager")
        return moves.move_session(
            session, actor, row.public_id, to, reason="Repairs", version=version, now=now
        )


def states() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Booking.state).order_by(Booking.id)))


def mails(template: str) -> dict[str, OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == f"booking/{template}")
        found = session.scalars(query).all()
    by_name = {one.recipient.split("@")[0]: one for one in found}
    assert len(by_name) == len(found), "one mail each"
    return by_name


def stored(row: ClassSession) -> Allocation:
    with reading() as session:
        return session.get_one(ClassSession, row.id)


def refuse_broken(now: datetime = SOON) -> None:
    every = (
        *allocations_invariants.INVARIANTS,
        *bookings_invariants.INVARIANTS,
        *waitlist_invariants.INVARIANTS,
    )
    with writing() as session:  # some are read with a cursor, which needs a transaction
        broken = {one.name: one.count_broken(session, now) for one in every}
    assert not any(broken.values()), broken


def linked(mail: OutboxMail, path: str) -> str:
    [found] = set(re.findall(rf"/{path}/[-\w/]+", mail.body))
    return str(found)


@pytest.mark.parametrize("minutes", [60, -60, 15])
def test_by_an_hour_at_most_everybody_comes_along(
    world: World, yoga: ClassSession, minutes: int
) -> None:
    done = move(world, yoga, minutes=minutes)
    assert (done.outcome, done.booked, done.waiting) == ("along", 2, 1)
    after = stored(yoga)
    assert (after.public_id, after.booked, after.sequence) == (yoga.public_id, 2, 1)
    assert after.starts_at == yoga.starts_at + timedelta(minutes=minutes)
    assert states() == ["booked", "booked"]
    assert set(mails("session_changed")) == {"anna", "berta"}
    assert set(mails("queue_moved")) == {"carla"}
    assert mails("booked") == {}, "what names the old time does not leave any more"
    refuse_broken()


def test_to_another_space_everybody_comes_along(world: World, yoga: ClassSession) -> None:
    assert move(world, yoga, space=world.hall).outcome == "along"
    assert "Hall" in mails("session_changed")["anna"].body
    refuse_broken()


def test_the_event_in_the_calendar_moves_with_the_booking(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=30)
    with reading() as session:
        booking = session.scalars(select(Booking).order_by(Booking.id)).first()
    event = json.loads(mails("session_changed")["anna"].calendar)
    assert booking
    assert (event["id"], event["sequence"], event["cancelled"]) == (
        str(booking.public_id),
        2,
        False,
    )
    assert datetime.fromisoformat(event["starts_at"]) == yoga.starts_at + timedelta(minutes=30)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_moves_at_once_one_mail_leaves(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=30)
    move(world, yoga, minutes=45, version=2, now=SOON + timedelta(minutes=1))
    assert "17.45" in mails("session_changed")["anna"].body


def test_the_page_of_the_mail_gives_the_place_up_and_opening_it_does_not(
    app: Flask, world: World, yoga: ClassSession
) -> None:
    # After the limit of cancelling: nobody chose the new time, so it is free until the start.
    now = yoga.starts_at - timedelta(minutes=30)
    move(world, yoga, minutes=60, now=now)
    path = linked(mails("session_changed")["anna"], "bookings")
    _, _, booking, _, key = path.split("/")
    with writing() as session:
        done = moves.give_up(session, UUID(booking), key, now=now + timedelta(minutes=50))
        assert done.state == "cancelled"
    with writing() as session, pytest.raises(DomainError) as refusal:
        moves.give_up(session, UUID(booking), "forged", now=now)
    assert refusal.value.status == 404
    refuse_broken(now)


@pytest.mark.parametrize("minutes", [61, -61, 60 * 24])
def test_further_the_places_are_kept_for_two_days(
    world: World, yoga: ClassSession, minutes: int
) -> None:
    done = move(world, yoga, minutes=minutes)
    assert (done.outcome, done.booked, done.waiting) == ("first_right", 2, 1)
    assert done.until
    assert SOON < done.until <= SOON + timedelta(hours=48)
    assert states() == ["cancelled", "cancelled"]
    assert stored(yoga).booked == 2, "the counter keeps their places"
    assert set(mails("first_right")) == {"anna", "berta"}
    assert set(mails("queue_moved")) == {"carla"}
    assert json.loads(mails("first_right")["anna"].calendar)["cancelled"]
    refuse_broken()


def answer(mail: OutboxMail, work: object, now: datetime) -> None:
    _, _, entry, _, key = linked(mail, "queue").split("/")
    with writing() as session:
        work(session, UUID(entry), now, key=key)  # type: ignore[operator]


def test_a_yes_books_and_a_no_goes_to_the_queue(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=24 * 60)
    later = SOON + timedelta(hours=1)
    answer(mails("first_right")["anna"], offers.accept, later)
    answer(mails("first_right")["berta"], offers.decline, later)
    assert states() == ["cancelled", "cancelled", "booked", "booked"]
    assert set(mails("queue_promoted")) == {"carla"}
    assert stored(yoga).booked == 2
    refuse_broken(later)


def test_a_second_move_gives_the_first_right_anew(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=5 * 24 * 60)
    later = SOON + timedelta(hours=40)
    again = move(world, yoga, minutes=6 * 24 * 60, version=2, now=later)
    assert (again.booked, again.waiting, stored(yoga).booked) == (0, 3, 2)
    answer(mails("first_right")["anna"], offers.accept, later + timedelta(hours=47))
    assert states() == ["cancelled", "cancelled", "booked"]
    refuse_broken(later)


def test_without_an_answer_the_place_goes_to_the_queue(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=5 * 24 * 60)
    over = SOON + timedelta(hours=48, minutes=1)
    with writing() as session:
        assert waitlist.sessions_to_settle(session, over) == [yoga.id]
        waitlist.settle(session, yoga.id, over)
    with reading() as session:
        ends = select(QueueEntry.state, func.count()).group_by(QueueEntry.state)
        assert {row[0]: row[1] for row in session.execute(ends)} == {"booked": 1, "expired": 2}
    refuse_broken(over)


def test_what_is_moved_into_the_closing_of_booking_is_refused(
    world: World, yoga: ClassSession
) -> None:
    now = yoga.starts_at - timedelta(minutes=90)
    with pytest.raises(DomainError) as refusal:
        move(world, yoga, minutes=-61, now=now)
    assert refusal.value.reasons[0].code == "move_too_late"
    assert states() == ["booked", "booked"]


def test_a_taken_space_refuses_and_nothing_is_stored(
    manager: FlaskClient, world: World, yoga: ClassSession
) -> None:
    with pytest.raises(DomainError, match="space_taken"):
        with writing() as session:
            later: Window = (TOMORROW + timedelta(hours=1), TOMORROW + timedelta(hours=2))
            a_session(session, world, start=later[0])
        move(world, yoga, minutes=30)
    assert stored(yoga).sequence == 0
    refuse_broken()


def test_who_waits_reads_of_the_newest_move_alone(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=30)
    move(world, yoga, minutes=60, version=2)
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == "booking/queue_moved")
        mails = session.scalars(query.order_by(OutboxMail.id)).all()
        still = [still_holds(session, mail.question, mail.about, SOON) for mail in mails]
    assert still == [False, True]


def test_a_second_tap_and_a_stale_editor(world: World, yoga: ClassSession) -> None:
    move(world, yoga, minutes=30)
    assert move(world, yoga, minutes=30, version=2).outcome == "unchanged"
    with pytest.raises(DomainError) as refusal:
        move(world, yoga, minutes=45, version=1)
    assert refusal.value.reasons[0].code == "edited_meanwhile"


@pytest.mark.planted_fault("the places of those who had booked are not kept")
def test_without_the_kept_places_the_counter_is_wrong(
    world: World, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "_keep_place", lambda *_: None)
    monkeypatch.setattr(move_messages, "post_first_right", lambda *_: None)
    move(world, yoga, minutes=24 * 60)
    with pytest.raises(AssertionError):
        refuse_broken()
