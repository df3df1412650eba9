"""What the rules of a booking need to know, loaded in one pre-compiled statement."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Row, and_, bindparam, or_, select

from zone.booking.bookings import rules
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.queries import NUMBERS, numbers_in, policy_of
from zone.booking.policies.rules import Policy
from zone.booking.sessions import rules as sessions_rules
from zone.booking.sessions.models import ClassSession
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.passes.models import Pass
from zone.passes.passes.queries import LIVE, PASS, rights_in
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space
from zone.places.terms.models import Season

_s = ClassSession.__table__.c
_b = Booking.__table__.c
_p = BookingPolicy.__table__.c
_other = ClassSession.__table__.alias("other")
_o, _member, _pass = _other.c, Member.__table__.c, Pass.__table__.c
_campus, _space, _season = Campus.__table__, Space.__table__, Season.__table__
_TERM = (
    select(_season.c.starts_on)
    .where(_season.c.starts_on <= bindparam("today"), _season.c.ends_on >= bindparam("today"))
    .limit(1)
)
_OPEN = and_(_b.state == "booked", _o.ends_at > bindparam("now"))
_MISSED = and_(_b.state == "no_show", _o.on_day >= _TERM.scalar_subquery())


def _with_standing(base: FromClause) -> FromClause:
    """Join with what `:member_id` holds: each booking that counts with each pass, few of both by the rules."""
    settled_or_open = or_(
        _b.state == "booked", _b.state == "no_show"
    )  # not IN: that is rendered anew at each use
    return (
        base.outerjoin(
            Booking.__table__, and_(_b.member_id == bindparam("member_id"), settled_or_open)
        )
        .outerjoin(_other, and_(_o.id == _b.session_id, or_(_OPEN, _MISSED)))
        .outerjoin(Pass.__table__, and_(_pass.member_id == bindparam("member_id"), LIVE))
    )


_HELD = (
    _b.state.label("held_state"),
    _o.id.label("held_id"),
    _o.starts_at.label("held_from"),
    _o.ends_at.label("held_until"),
    *PASS,
)
_STANDING = PreparedSelect(
    select(*_HELD)
    .select_from(_with_standing(Member.__table__))
    .where(_member.id == bindparam("member_id"))
)
_WANTED = (
    ClassSession.__table__.outerjoin(_space, _space.c.id == _s.space_id)
    .outerjoin(_campus, _campus.c.id == _space.c.campus_id)
    .outerjoin(BookingPolicy.__table__, _p.id == 1)
)
_VERDICT = PreparedSelect(
    select(
        _s.id,
        _s.kind,
        _s.category,
        _s.name_en,
        _s.starts_at,
        _s.ends_at,
        _s.booked,
        _s.bookable,
        _s.state,
        _campus.c.code.label("campus"),
        *(_p[name] for name in NUMBERS),
        *_HELD,
    )
    .select_from(_with_standing(_WANTED))
    .where(_s.public_id == bindparam("public_id"), _s.kind != "own_use")
)


@dataclass(frozen=True, slots=True)
class RequestedSession:
    """A session to book, as the rules need it, with the policy in force (the defaults where none is set)."""

    id: int
    public_id: uuid.UUID
    category: str
    name_en: str
    wish: BookingRequest
    policy: Policy


def wish_of(found: Row[*tuple[object, ...]] | ClassSession, campus: str | None) -> BookingRequest:
    """A session as the rules read it; `campus` None online."""
    return BookingRequest(
        session_id=found.id,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        campus=campus,
        right=sessions_rules.right_for(found.kind),
        free=found.booked < found.bookable,
        cancelled=found.state == "cancelled",
    )


def _target(public_id: uuid.UUID, row: Any) -> RequestedSession:
    numbers = Policy() if row.opens_days is None else policy_of(numbers_in(row))
    return RequestedSession(
        row.id, public_id, row.category, row.name_en, wish_of(row, row.campus), numbers
    )


def standing(connection: Connection, member_id: int, now: datetime) -> BookerState:
    """What counts for or against a person: open bookings, sessions missed this term, rights; in one statement.

    Between terms no missed session counts.
    """
    return standing_in(_STANDING.fetch(connection, **_about(member_id, now)))


def _about(member_id: int, now: datetime) -> dict[str, object]:
    return {"member_id": member_id, "now": now, "today": helsinki_date(now)}


def standing_in(rows: Sequence[Any]) -> BookerState:
    """The standing in rows that hold each booking with each pass."""
    held = {row.held_id: row for row in rows if row.held_id is not None}.values()
    passes = {row.pass_id: row for row in rows if row.pass_id is not None}.values()
    return BookerState(
        open={
            row.held_id: (row.held_from, row.held_until)
            for row in held
            if row.held_state == "booked"
        },
        missed=[row.held_until for row in held if row.held_state == "no_show"],
        rights=[right for row in passes for right in rights_in(row)],
    )


@dataclass(frozen=True, slots=True)
class BookingCheck:
    """Every reason against a booking (none: it may be made), and the facts that were judged."""

    target: RequestedSession
    standing: BookerState
    reasons: list[ErrorCode]

    def refusal(self, *reasons: ErrorCode, **extra: object) -> DomainError:
        """These reasons, or else its own, as an error with the numbers that their sentences name."""
        params = rules.words(self.target.policy, self.standing.missed)
        return DomainError(*(reasons or self.reasons), params=params, **extra)


def check_booking(
    connection: Connection,
    *,
    member_id: int,
    class_session: uuid.UUID,
    now: datetime,
    claimed: bool = False,
) -> BookingCheck:
    """Judge whether a person may book a session at `now`; in one statement. `claimed`: they hold a place of it already.

    Raises:
        DomainError: not_found: there is none, or it is a space that another person booked.
    """
    rows = _VERDICT.fetch(connection, public_id=class_session, **_about(member_id, now))
    if not rows:
        raise DomainError(NOT_FOUND)
    wanted, held = _target(class_session, rows[0]), standing_in(rows)
    if claimed:
        wanted = replace(wanted, wish=replace(wanted.wish, free=True))
    return BookingCheck(wanted, held, rules.check(wanted.wish, held, wanted.policy, now))
