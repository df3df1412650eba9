"""Booking a space for own use: a hall, a part of it, a court."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.errors import BAD_TIME, CLOSED, NOT_BOOKABLE
from zone.booking.letters import tell_booked
from zone.booking.models import Booking
from zone.booking.planning import Offer, create_session, is_open_for
from zone.booking.rules import Policy, Wish
from zone.booking.service import claim_place, lock_member, write_booking
from zone.core.errors import DomainError, ErrorCode
from zone.places.queries import SpaceView, space_by_public_id


def book_space(
    session: Session, *, member_id: int, space: uuid.UUID, start: datetime, minutes: int, now: datetime
) -> Booking:
    """Book a whole space for one's own use. Its parts are held; the database refuses any overlap.

    Raises:
        DomainError: not_found, not_bookable, or every reason against it.
        IntegrityError: `uq_hold_part_slice` (space_taken at the edge): somebody holds a part of it then.
    """
    lock_member(session, member_id)
    found = space_by_public_id(session, space)
    if not found.own_use:
        raise DomainError(NOT_BOOKABLE)
    end = start + timedelta(minutes=minutes)
    policy, standing = facts.policy(session.connection()), facts.standing(session.connection(), member_id, now)
    wish = Wish(None, start, end, found.campus_code, rules.right_for("own_use"))
    reasons = [*_against_time(session, found, wish, policy), *rules.check(wish, standing, policy, now)]
    if reasons:
        raise DomainError(*reasons, params=rules.words(policy, standing.missed))
    held = create_session(session, _own_use(found), start, end, now=now)
    claim_place(session, held.id)
    booking = write_booking(session, held.id, member_id, now)
    tell_booked(session, held, member_id, policy, now)
    return booking


def _against_time(session: Session, space: SpaceView, wish: Wish, policy: Policy) -> list[ErrorCode]:
    if not rules.fits_grid(wish.starts_at, wish.ends_at, policy):
        return [BAD_TIME]
    return [] if is_open_for(session, space.id, wish.starts_at, wish.ends_at) else [CLOSED]


def _own_use(space: SpaceView) -> Offer:
    return Offer(
        kind="own_use", name_fi=space.name_fi, name_sv=space.name_sv, name_en=space.name_en, category="own_use",
        space_id=space.id, capacity=1,
    )  # fmt: skip
