"""A mail about a booking is posted once for its occasion and person, also by repeated work."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session
from tests.world.races import at_once
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import NO_RIGHT
from zone.booking.bookings.models import Booking
from zone.booking.mark_messages import service as mark_messages
from zone.booking.messages import service as messages
from zone.booking.messages.rules import PlaceOffer
from zone.booking.move_messages import service as move_messages
from zone.booking.policies.rules import Policy
from zone.booking.queue_messages import service as queue_messages
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.transactions import reading, writing
from zone.core.mail import service as mail
from zone.core.mail.models import OutboxMail

START = NOW + timedelta(days=3)
Post = Callable[[Session, Allocation, Booking], None]

OFFER = PlaceOffer(UUID(int=7), "a secret", NOW, NOW + timedelta(minutes=30))


def _member(booking: Booking) -> int:
    assert booking.member_id is not None
    return booking.member_id


def _entry(session: Session, booking: Booking) -> int:
    """Return the entry of Berta, who waits for the session of the booking."""
    entries = select(QueueEntry.id).where(QueueEntry.session_id == booking.session_id)
    return session.scalars(entries).one()


POSTS: dict[str, Post] = {
    "booked": lambda s, row, of: messages.post_confirmation(s, row, of, Policy(), NOW),
    "reminder": lambda s, row, of: messages.write_reminder(s, of, row, Policy(), NOW),
    "given_up": lambda s, row, of: messages.post_given_up(s, row, of, NOW),
    "given_up_late": lambda s, row, of: mark_messages.post_given_up_late(s, row, of, NOW),
    "booking_cancelled": lambda s, row, of: messages.post_booking_cancelled(s, row, of, "x", NOW),
    "session_cancelled": lambda s, row, of: messages.post_cancellation(
        s, row, [_member(of)], "x", NOW
    ),
    "session_not_held": lambda s, row, of: messages.post_correction(
        s, row, [_member(of)], "x", NOW
    ),
    "right_ended": lambda s, row, of: messages.post_right_ended(s, row, _member(of), NO_RIGHT, NOW),
    "queue_offer_ended": lambda s, row, of: queue_messages.post_offer_ended(
        s, row, _entry(s, of), NOW
    ),
    "queue_passed_over": lambda s, row, of: queue_messages.post_passed_over(
        s, row, _entry(s, of), 1, NO_RIGHT, {}, NOW
    ),
    "queue_removed": lambda s, row, of: queue_messages.post_queue_removed(
        s, row, [_entry(s, of)], NO_RIGHT, {}, NOW
    ),
    "queue_expired": lambda s, row, of: queue_messages.post_queue_expired(
        s, row, [_entry(s, of)], NOW
    ),
    "session_reinstated": lambda s, row, of: move_messages.post_reinstatement(
        s, row, [_member(of)], "x", NOW
    ),
    "queue_offer": lambda s, row, of: queue_messages.post_offer(s, row, _member(of), OFFER, NOW),
}
"""How each mail with an occasion of its own is posted."""


@pytest.fixture
def booking(app: Flask, world: World) -> tuple[int, int]:
    """Return session and booking of a person, whose confirmation has been posted."""
    with writing() as session:
        yoga: ClassSession = a_session(session, world, start=START)
        anna = a_member(session, world, "anna")
        made = bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
        waitlist.add_last(session, yoga.id, a_member(session, world, "berta"), NOW)
        return yoga.id, made.id


def check_posted_once(app: Flask, booking: tuple[int, int], template: str) -> None:
    """Two that do the same work at the same moment, and one that repeats it, post one mail."""

    def work() -> None:
        with writing() as session:
            row, made = (
                session.get_one(Allocation, booking[0]),
                session.get_one(Booking, booking[1]),
            )
            POSTS[template](session, row, made)

    at_once(app, [work, work])
    work()
    with reading() as session:
        mails = session.scalars(
            select(OutboxMail).where(OutboxMail.template == f"booking/{template}")
        ).all()
    assert len(mails) == 1


@pytest.mark.parametrize("template", POSTS)
def test_repeated_work_posts_one_mail(app: Flask, booking: tuple[int, int], template: str) -> None:
    check_posted_once(app, booking, template)


@pytest.mark.parametrize("template", ["given_up", "queue_offer"])
@pytest.mark.planted_fault("mails have no key of their occasion")
def test_without_a_key_repeated_work_posts_again(
    app: Flask, booking: tuple[int, int], template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = mail.post

    def without_key(session: Session, **values: object) -> bool:
        return post(session, **{**values, "dedupe": None})  # type: ignore[arg-type]

    monkeypatch.setattr(mail, "post", without_key)
    with pytest.raises(AssertionError):
        check_posted_once(app, booking, template)


def test_the_outbox_holds_no_secret_of_an_offer_but_in_its_text(
    app: Flask, booking: tuple[int, int]
) -> None:
    check_posted_once(app, booking, "queue_offer")
    with reading() as session:
        [row] = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/queue_offer")
        )
    assert OFFER.key in row.body
    assert OFFER.key not in f"{row.dedupe}"
