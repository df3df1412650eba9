"""The timetable: weekly rules, the sessions they expand into, the space those hold, and what becomes of them."""

import logging
import uuid
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.errors import OFFER_INVALID, SESSION_CANCELLED, SPACE_TAKEN
from zone.booking.holds import forget, hold, release
from zone.booking.letters import tell_cancelled
from zone.booking.models import Booking, BookingEvent, ClassSession, SessionEvent, SessionRule
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.core.time import Window, helsinki_date
from zone.db import constraint_of
from zone.http.auth import FORBIDDEN
from zone.members.service import audit, mark_roster
from zone.places.models import Space
from zone.places.queries import open_windows, space_by_id
from zone.places.rules import is_open

log = logging.getLogger(__name__)

HOLDS_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a session is, wherever it falls; online has no space. Without `bookable_percent` the policy's holds."""

    kind: str
    name_fi: str
    name_sv: str
    name_en: str
    category: str
    space_id: int | None
    capacity: int
    instructor_id: int | None = None
    live: bool = True
    bookable_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Weekly:
    """When a weekly session falls: weekday (1 Monday), Helsinki wall-clock start, minutes, first and last day."""

    weekday: int
    starts_at: time
    minutes: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Expansion:
    """What expanding made: the number of new sessions, and the days left out because the place is closed or taken."""

    made: int = 0
    closed: tuple[date, ...] = ()
    clashes: tuple[date, ...] = ()

    def __add__(self, other: "Expansion") -> "Expansion":
        return Expansion(self.made + other.made, self.closed + other.closed, self.clashes + other.clashes)


def create_class(session: Session, offer: Offer, when: Weekly, *, now: datetime) -> tuple[SessionRule, Expansion]:
    """A weekly session, expanded at once as far as the policy reaches; nothing is made where a day clashes.

    Raises:
        DomainError: space_taken with the days (`clashes`) on which another session holds the space; class_invalid:
            there are more places than the space has.
    """
    if offer.space_id is not None and offer.capacity > space_by_id(session, offer.space_id).capacity:
        raise DomainError(OFFER_INVALID)
    rule = SessionRule(public_id=new_public_id(), **asdict(offer), **asdict(when))
    session.add(rule)
    session.flush()
    expansion = expand_rule(session, rule, now)
    if expansion.clashes:
        raise DomainError(SPACE_TAKEN, clashes=[day.isoformat() for day in expansion.clashes])
    return rule, expansion


def expand(session: Session, now: datetime) -> Expansion:
    """Expand every rule into the sessions of the coming weeks. Doing it again makes nothing twice."""
    rules_left = session.scalars(
        select(SessionRule).where(SessionRule.last_on >= helsinki_date(now)).order_by(SessionRule.id)
    ).all()
    _lock_spaces(session, {rule.space_id for rule in rules_left})
    total = sum((expand_rule(session, rule, now) for rule in rules_left), Expansion())
    for day in total.clashes:
        log.warning("a weekly session could not be placed on %s: its space is taken", day)
    return total


def expand_rule(session: Session, rule: SessionRule, now: datetime) -> Expansion:
    """Make the missing sessions of one rule, from now to the horizon; skip the days on which the campus is closed."""
    last = min(rule.last_on, helsinki_date(now) + timedelta(days=facts.policy(session.connection()).expand_days))
    there = set(session.scalars(select(ClassSession.on_day).where(ClassSession.rule_id == rule.id)))
    total = Expansion()
    for day, start, end in rules.weekly(rule.weekday, rule.starts_at, rule.minutes, rule.first_on, last):
        if day not in there and start > now:
            total += _place(session, rule, day, (start, end), now)
    return total


def _place(session: Session, rule: SessionRule, day: date, span: Window, now: datetime) -> Expansion:
    _lock_spaces(session, {rule.space_id})
    if not is_open_for(session, rule.space_id, *span):
        return Expansion(closed=(day,))
    offer = Offer(**{field.name: getattr(rule, field.name) for field in fields(Offer)})
    try:
        with session.begin_nested():
            create_session(session, offer, *span, now=now, rule_id=rule.id)
    except IntegrityError as error:
        broken = constraint_of(error)
        if broken == "uq_class_session_rule_id_on_day":  # another scheduler has just made it
            return Expansion()
        if broken == "uq_hold_part_slice":
            return Expansion(clashes=(day,))
        raise
    return Expansion(made=1)


def _lock_spaces(session: Session, space_ids: Set[int | None]) -> None:
    """Wait for who closes a day, and let them wait for what is placed here; in the order in which they lock, too.

    See `closing.set_day`.
    """
    session.execute(select(Space.id).where(Space.id.in_(space_ids)).order_by(Space.id).with_for_update(read=True))


def is_open_for(session: Session, space_id: int | None, start: datetime, end: datetime) -> bool:
    """Whether the campus of a space is open all through [start, end); online always is."""
    if space_id is None:
        return True
    campus_id = space_by_id(session, space_id).campus_id
    return is_open(open_windows(session, campus_id, start, end), start, end)


def create_session(
    session: Session, offer: Offer, start: datetime, end: datetime, *, now: datetime, rule_id: int | None = None,
    held: Window | None = None,
) -> ClassSession:  # fmt: skip
    """One session at one time, holding its space for that time, or for `held` where it needs more.

    Raises:
        IntegrityError: a constraint refuses it, such as `uq_hold_part_slice` where the space is taken.
    """
    columns = asdict(offer)
    percent = columns.pop("bookable_percent") or facts.policy(session.connection()).bookable_percent
    made = ClassSession(
        public_id=new_public_id(), rule_id=rule_id, on_day=helsinki_date(start), starts_at=start, ends_at=end,
        bookable=rules.bookable_places(offer.capacity, offer.kind, percent), **columns,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, [made.id], "scheduled", occurred_at=now, now=now)
    if offer.space_id is not None:
        hold(session, made.id, space_by_id(session, offer.space_id).parts, *(held or (start, end)))
    return made


def record(
    session: Session, session_ids: Iterable[int], kind: str, *, occurred_at: datetime, now: datetime,
    reason: str | None = None, actor_id: int | None = None,
) -> None:  # fmt: skip
    """Add a fact to the history of some sessions."""
    facts = {"kind": kind, "reason": reason, "actor_id": actor_id, "occurred_at": occurred_at, "recorded_at": now}
    session.execute(insert(SessionEvent), [{"session_id": id_, **facts} for id_ in session_ids])


def cancel_session(
    session: Session, class_session: uuid.UUID, *, actor_id: int, own_only: bool, reason: str, now: datetime
) -> ClassSession:
    """Cancel a session with its bookings and let go of its space. One that was marked as held by mistake, too.

    `own_only`: only the session's own instructor may.

    Raises:
        DomainError: not_found, forbidden, or session_cancelled: it already is.
    """
    found = session.scalar(select(ClassSession).where(ClassSession.public_id == class_session))
    if found is None or found.kind == "own_use":
        raise DomainError(NOT_FOUND)
    if own_only and found.instructor_id != actor_id:
        raise DomainError(FORBIDDEN)
    call_off(session, found, actor_id=actor_id, reason=reason, now=now)
    return found


def call_off(session: Session, found: ClassSession, *, actor_id: int, reason: str, now: datetime) -> None:
    """Cancel a session, also a space booked for own use, with its bookings; who had booked is told why.

    Raises:
        DomainError: session_cancelled: it already is.
    """
    before = found.state
    take_off(session, found, now=now, reason=reason, actor_id=actor_id)
    _cancel_bookings(session, found, reason, now)
    audit(
        session, actor_id=actor_id, action="session.cancel", object_kind="session", object_id=found.public_id,
        before=before, after="cancelled", reason=reason, now=now,
    )  # fmt: skip


def take_off(
    session: Session, found: ClassSession, *, now: datetime, reason: str | None = None, actor_id: int | None = None
) -> None:
    """Mark a session as cancelled and release its space; one winner of two.

    Raises:
        DomainError: session_cancelled.
    """
    taken = session.execute(
        update(ClassSession)
        .where(ClassSession.id == found.id, ClassSession.state != "cancelled")
        .values(state="cancelled", booked=0)
        .returning(ClassSession.id)
    )
    if taken.first() is None:
        raise DomainError(SESSION_CANCELLED)
    record(session, [found.id], "cancelled", occurred_at=now, now=now, reason=reason, actor_id=actor_id)
    release(session, found.id)


def _cancel_bookings(session: Session, found: ClassSession, reason: str, now: datetime) -> None:
    cancelled = session.execute(
        update(Booking)
        .where(Booking.session_id == found.id, Booking.state != "cancelled")
        .values(state="cancelled")
        .returning(Booking.id, Booking.member_id)
    ).all()
    record_bookings(session, [id_ for id_, _ in cancelled], "cancelled", occurred_at=now, now=now, reason=reason)
    member_ids = [member_id for _, member_id in cancelled]
    mark_roster(session, member_ids, now)
    tell_cancelled(session, found, member_ids, reason, now)


def record_bookings(
    session: Session, booking_ids: Sequence[int], kind: str, *, occurred_at: datetime, now: datetime,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Add a fact to the history of some bookings."""
    facts = {"kind": kind, "reason": reason, "occurred_at": occurred_at, "recorded_at": now}
    if booking_ids:
        session.execute(insert(BookingEvent), [{"booking_id": id_, **facts} for id_ in booking_ids])


def mark_held(session: Session, now: datetime) -> int:
    """Record that sessions which ended and were not cancelled were held, and forget the holds of days gone by.

    It happened at the session's end, whenever it is recorded. Returns how many.
    """
    ended = session.execute(
        update(ClassSession)
        .where(ClassSession.state == "scheduled", ClassSession.ends_at <= now)
        .values(state="held")
        .returning(ClassSession.id, ClassSession.ends_at)
    ).all()
    for id_, ended_at in ended:
        record(session, [id_], "held", occurred_at=ended_at, now=now)
    forget(session, now - HOLDS_KEPT)
    return len(ended)
