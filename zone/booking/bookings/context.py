"""Load what the rules of a booking need: each function executes one prepared statement."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, FromClause, Row, and_, bindparam, or_, select
from sqlalchemy.orm import selectin_polymorphic

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import KINDS, STAFF_KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.booking_bans.models import BookingBan
from zone.booking.booking_bans.queries import IN_FORCE
from zone.booking.bookings import rules
from zone.booking.bookings.errors import SESSION_FULL, WRONG_ACTIVITY, WRONG_ACTIVITY_NAMED
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.lotteries.models import LIVE_LOTTERY, Lottery
from zone.booking.offers.rules import reasons_against_accepting
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.queries import POLICY, in_force, policies_in
from zone.booking.policies.rules import Policy
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.context import OwnPlace
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode, InLanguages
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import PROVEN_ROLES, roles_in
from zone.members.people.models import Member
from zone.members.suspensions.models import Suspension
from zone.passes.entitlements.views import sessions_by_language
from zone.passes.pass_rights.queries import LIVE, PASS, rights_in
from zone.passes.passes.models import Pass
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

_allocation = Allocation.__table__.c
_class, _activity = ClassSession.__table__.c, Activity.__table__
_booking = Booking.__table__.c
_other = Allocation.__table__.alias("other")
_held, _member, _pass = _other.c, Member.__table__.c, Pass.__table__.c
_suspension, _ban = Suspension.__table__.c, BookingBan.__table__.c
_entry = QueueEntry.__table__.c
_campus, _space = Campus.__table__, Space.__table__
_lottery = Lottery.__table__.c
# Until its end, not its start: a session that is going on still counts among the open ones and
# overlaps.
_OPEN = and_(_booking.state == "booked", _held.ends_at > bindparam("now"))


def _join_booker(base: FromClause) -> FromClause:
    """Join with each open booking of `:member_id`, times each of their passes.

    The product is small: the rules allow few open bookings, people have one or two passes, and few
    have a suspension or a ban. Few numbers of the policy differ by activity or group.
    """
    return (
        base.outerjoin(
            Booking.__table__,
            and_(_booking.member_id == bindparam("member_id"), _booking.state == "booked"),
        )
        .outerjoin(_other, and_(_held.id == _booking.session_id, _OPEN))
        .outerjoin(Pass.__table__, and_(_pass.member_id == bindparam("member_id"), LIVE))
        .outerjoin(
            Suspension.__table__,
            and_(
                _suspension.member_id == bindparam("member_id"),
                or_(_suspension.ends_at.is_(None), _suspension.ends_at > bindparam("now")),
                or_(_suspension.lifted_at.is_(None), _suspension.lifted_at > bindparam("now")),
            ),
        )
        .outerjoin(BookingBan.__table__, IN_FORCE)
        .outerjoin(
            QueueEntry.__table__,
            and_(_entry.member_id == bindparam("member_id"), _entry.state.in_(LIVE_STATES)),
        )
    )


_HELD_BY_BOOKER = (
    _held.id.label("held_id"),
    _held.starts_at.label("held_from"),
    _held.ends_at.label("held_until"),
    *PASS,
    _suspension.id.label("suspension_id"),
    _suspension.starts_at.label("suspended_from"),
    _suspension.ends_at.label("suspended_until"),
    _ban.ends_at.label("banned_until"),
    _entry.session_id.label("waits_for"),
    _entry.public_id.label("entry"),
    _entry.offered_until.label("offered_until"),
    PROVEN_ROLES.label("proven_roles"),
)
_BOOKER_STATE = PreparedSelect(
    select(*_HELD_BY_BOOKER)
    .select_from(_join_booker(Member.__table__))
    .where(_member.id == bindparam("member_id"))
)
_REQUESTED = (
    # The inner join leaves reservations out: nobody books them as a class.
    Allocation.__table__.join(ClassSession.__table__, _class.id == _allocation.id)
    .join(_activity, _activity.c.id == _class.activity_id)
    .outerjoin(_space, _space.c.id == _allocation.space_id)
    .outerjoin(_campus, _campus.c.id == _space.c.campus_id)
    .outerjoin(BookingPolicy.__table__, in_force(_class.activity_id))
    .outerjoin(Lottery.__table__, and_(_lottery.session_id == _allocation.id, LIVE_LOTTERY))
)
_BOOKING_CHECK = PreparedSelect(
    select(
        _allocation.id,
        _allocation.kind,
        _activity.c.category,
        _activity.c.root,
        _allocation.name_en,
        _allocation.starts_at,
        _allocation.ends_at,
        _allocation.booked,
        _allocation.bookable,
        _allocation.state,
        _campus.c.code.label("campus"),
        _class.activity_id,
        _lottery.draws_at,
        *POLICY,
        *_HELD_BY_BOOKER,
    )
    .select_from(_join_booker(_REQUESTED))
    .where(_allocation.public_id == bindparam("public_id"))
)


@dataclass(frozen=True, slots=True)
class RequestedSession:
    """A session to book, as the rules read it, with the policy in force for its person."""

    id: int
    public_id: uuid.UUID
    category: str
    name_en: str
    requested: BookingRequest
    policy: Policy


WITH_ACTIVITY: Final = selectin_polymorphic(Allocation, [ClassSession])


def request_of(
    row: Row[*tuple[object, ...]] | Allocation,
    campus: str | None,
    draws_at: datetime | None = None,
) -> BookingRequest:
    """Return a session as the rules read it; `campus` is None online.

    Where many allocations are read, `WITH_ACTIVITY` reads the activities of all sessions at once.
    """
    return BookingRequest(
        session_id=row.id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        campus=campus,
        right=KINDS[row.kind].right,
        activity=row.kind if KINDS[row.kind].is_session else None,
        root=_root_of(row),
        free=row.booked < row.bookable,
        cancelled=row.state == "cancelled",
        draws_at=draws_at,
    )


def _root_of(row: Row[*tuple[object, ...]] | Allocation) -> uuid.UUID | None:
    if isinstance(row, ClassSession):
        return row.activity.root
    return None if isinstance(row, Allocation) else row.root


def _target(public_id: uuid.UUID, row: Any, policy: Policy) -> RequestedSession:
    return RequestedSession(
        row.id,
        public_id,
        row.category,
        row.name_en,
        request_of(row, row.campus, row.draws_at),
        policy,
    )


def booker_state(connection: Connection, member_id: int, now: datetime) -> BookerState:
    """Return a person's open bookings, rights, suspensions and ban, in one statement.

    A ban counts for as long as its marks do: the beginning or end of a term wipes them.
    """
    return booker_state_in(_BOOKER_STATE.fetch(connection, **_parameters(member_id, now)))


def _parameters(member_id: int, now: datetime) -> dict[str, object]:
    return {"member_id": member_id, "now": now, "today": helsinki_date(now)}


def booker_state_in(rows: Sequence[Any]) -> BookerState:
    """Return the booker's state, from the rows of `_join_booker`."""
    # Each booking and each pass appears several times, once with each of the others, and the outer
    # joins give None.
    bookings = {row.held_id: row for row in rows if row.held_id is not None}.values()
    passes = {row.pass_id: row for row in rows if row.pass_id is not None}.values()
    suspensions = {row.suspension_id: row for row in rows if row.suspension_id is not None}.values()
    bans = {row.banned_until for row in rows if row.banned_until is not None}
    return BookerState(
        open={row.held_id: (row.held_from, row.held_until) for row in bookings},
        waits={
            row.waits_for: (row.entry, row.offered_until)
            for row in rows
            if row.waits_for is not None
        },
        banned_until=max(bans, default=None),
        rights=[right for row in passes for right in rights_in(row)],
        suspended=[(row.suspended_from, row.suspended_until) for row in suspensions],
        groups=roles_in(rows[0].proven_roles) if rows else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class BookingCheck:
    """The reasons against a booking by a person (none: it is allowed), and where they come from."""

    member_id: int
    target: RequestedSession
    booker: BookerState
    reasons: list[ErrorCode]

    @property
    def params(self) -> dict[str, Any]:
        """The numbers and times, and the classes of their passes, that the sentences of the reasons
        name.
        """
        draws_at = self.target.requested.draws_at
        policy = rules.opened_for(self.booker, self.target.requested, self.target.policy)
        numbers = rules.message_params(policy, self.booker.banned_until, draws_at)
        return {**numbers, **self._covered()}

    def _covered(self) -> dict[str, InLanguages]:
        if WRONG_ACTIVITY not in self.reasons:
            return {}
        requested = self.target.requested
        limits = rules.limits_of(self.booker, requested, requested.starts_at)
        return {"covered": InLanguages(sessions_by_language(limits))}

    @property
    def place(self) -> OwnPlace:
        """The person's place in the queue of the session."""
        entry, offered_until = self.booker.waits.get(self.target.id, (None, None))
        return OwnPlace(entry, offered_until, tuple(self.booker.waits))

    def reasons_now(self, now: datetime) -> list[ErrorCode]:
        """The reasons against booking; an open offer keeps a place in a session that is full."""
        if SESSION_FULL not in self.reasons or self.place.open_offer(now) is None:
            return self.reasons
        return reasons_against_accepting(self.reasons)

    def refusal(self, *reasons: ErrorCode, **extra: object) -> DomainError:
        """Return these reasons, or else all that were found, as an error with its numbers."""
        said = self.in_words(reasons or self.reasons)
        return DomainError(*said, params=self.params, **extra)

    def in_words(self, reasons: Iterable[ErrorCode]) -> list[ErrorCode]:
        """Return reasons that were found, in the words that `params` completes."""
        return [WRONG_ACTIVITY_NAMED if code == WRONG_ACTIVITY else code for code in reasons]


def check_booking(
    connection: Connection,
    *,
    member_id: int,
    class_session: uuid.UUID,
    now: datetime,
    seat_reserved: bool = False,
    sees_hidden: bool = False,
) -> BookingCheck:
    """Check whether a person may book a session at `now`, in one statement.

    `seat_reserved`: the caller has reserved a seat for them already, which counts as a free place.
    `sees_hidden`: whoever books works for the service, so hidden sessions too.

    Raises:
        DomainError: not_found; also for a reservation of a space.
    """
    rows = _BOOKING_CHECK.fetch(connection, public_id=class_session, **_parameters(member_id, now))
    if not rows or (rows[0].kind in STAFF_KINDS and not sees_hidden):
        raise DomainError(NOT_FOUND)
    booker = booker_state_in(rows)
    policies = policies_in(rows).for_groups(booker.groups)
    target = _target(class_session, rows[0], policies.of(rows[0].activity_id))
    # The counter of this transaction includes the seat, so the row may read as full.
    if seat_reserved:
        target = replace(target, requested=replace(target.requested, free=True))
    reasons = rules.check(target.requested, booker, target.policy, now)
    return BookingCheck(member_id, target, booker, reasons)
