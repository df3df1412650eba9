"""What the rules of a booking need to know, in three statements that are built once: this is where a crowd clicks."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from zone.booking import rules
from zone.booking.models import Booking, BookingPolicy, ClassSession
from zone.booking.rules import Policy, Standing, Wish
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.time import helsinki_date
from zone.passes.queries import rights_of
from zone.places.models import Campus, Season, Space

_s, _b, _p = ClassSession.__table__.c, Booking.__table__.c, BookingPolicy.__table__.c
_campus, _space, _season = Campus.__table__, Space.__table__, Season.__table__
_NUMBERS = tuple(field.name for field in fields(Policy))

_POLICY = select(*(_p[name] for name in _NUMBERS)).where(_p.id == 1)
_TARGET = (
    select(
        _s.id, _s.kind, _s.category, _s.name_en, _s.starts_at, _s.ends_at, _s.booked, _s.bookable, _s.state,
        _campus.c.code.label("campus"), *(_p[name] for name in _NUMBERS),
    )
    .select_from(ClassSession.__table__)
    .outerjoin(_space, _space.c.id == _s.space_id)
    .outerjoin(_campus, _campus.c.id == _space.c.campus_id)
    .outerjoin(BookingPolicy.__table__, _p.id == 1)
    .where(_s.public_id == bindparam("public_id"), _s.kind != "own_use")
)  # fmt: skip
_TERM = (
    select(_season.c.starts_on)
    .where(_season.c.starts_on <= bindparam("today"), _season.c.ends_on >= bindparam("today"))
    .limit(1)
)
_HELD = (
    select(_b.state, _s.id, _s.starts_at, _s.ends_at)
    .join_from(Booking.__table__, ClassSession.__table__, _s.id == _b.session_id)
    .where(
        _b.member_id == bindparam("member_id"),
        or_(
            and_(_b.state == "booked", _s.ends_at > bindparam("now")),
            and_(_b.state == "no_show", _s.on_day >= _TERM.scalar_subquery()),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A session to book, as the rules need it, with the policy in force."""

    id: int
    category: str
    name_en: str
    wish: Wish
    policy: Policy


def policy(session: Session) -> Policy:
    """The service's numbers, or the defaults where none are set."""
    row = session.connection().execute(_POLICY).first()
    return Policy() if row is None else _policy(row)


def _policy(row: Row[*tuple[object, ...]]) -> Policy:
    named = row._mapping
    return Policy(**{name: named[name] for name in _NUMBERS})


def target(session: Session, public_id: uuid.UUID) -> Target:
    """A session that can be booked by its public id, in one statement.

    Raises:
        DomainError: not_found: there is none, or it is a space that another person booked.
    """
    row = session.connection().execute(_TARGET, {"public_id": public_id}).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    numbers = Policy() if row.opens_days is None else _policy(row)
    return Target(row.id, row.category, row.name_en, wish_of(row, row.campus), numbers)


def wish_of(found: Row[*tuple[object, ...]] | ClassSession, campus: str | None) -> Wish:
    """A session as the rules read it; `campus` None online."""
    return Wish(
        session_id=found.id,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        campus=campus,
        right=rules.right_for(found.kind),
        free=found.booked < found.bookable,
        cancelled=found.state == "cancelled",
    )


def standing(session: Session, member_id: int, now: datetime) -> Standing:
    """What counts for or against a person: open bookings, sessions missed this term, rights; in two statements.

    Between terms no missed session counts.
    """
    asked = {"member_id": member_id, "now": now, "today": helsinki_date(now)}
    rows = session.connection().execute(_HELD, asked).all()
    return Standing(
        open={id_: (start, end) for state, id_, start, end in rows if state == "booked"},
        missed=[end for state, _, _, end in rows if state == "no_show"],
        rights=rights_of(session, [member_id], now)[member_id],
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every reason against a booking (none: it may be made), and the facts that were judged."""

    target: Target
    standing: Standing
    reasons: list[ErrorCode]

    def refusal(self, **extra: object) -> DomainError:
        """The reasons as an error, with the numbers that their sentences name."""
        return DomainError(*self.reasons, params=rules.words(self.target.policy, self.standing.missed), **extra)


def verdict(session: Session, *, member_id: int, class_session: uuid.UUID, now: datetime) -> Verdict:
    """Judge whether a person may book a session at `now`.

    Raises:
        DomainError: not_found.
    """
    wanted, held = target(session, class_session), standing(session, member_id, now)
    return Verdict(wanted, held, rules.check(wanted.wish, held, wanted.policy, now))
