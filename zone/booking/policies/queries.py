"""Read the booking policy: what is in force, for whom, and what is planned."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.allocations.models import Allocation
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.resolution import EVERYTHING, NAMES, Policies, PolicyScope, ScopedNumbers
from zone.booking.policies.rules import Policy
from zone.booking.policies.views import PlannedNumbers, ScopeView
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes.models import SessionRule
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import require_first
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import proven_roles

_p = BookingPolicy.__table__.c
_class = ClassSession.__table__.c
_activity: Final = func.coalesce(_p.activity_id, 0)
_later = BookingPolicy.__table__.alias("later_policy")
numbers_in = attrgetter(*NAMES)

POLICY: Final = (
    _p.id.label("policy_id"),
    _p.activity_id.label("policy_activity"),
    _p.affiliated_as.label("policy_group"),
    *(_p[name] for name in NAMES),
)
"""The columns that `policies_in` reads."""


def in_force(activity: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    """Return the condition of the policy's rows that hold at `:now`, for whatever group.

    `activity`: only those that concern it.
    """
    # `coalesce` instead of `IS NULL OR`: the few rows are read in one pass, and the plan of the
    # statement that each booking executes stays small (20 of 205 µs on PostgreSQL).
    of_activity = true() if activity is None else _activity.in_([0, activity])
    return and_(
        _p.in_force_from <= bindparam("now"),
        of_activity,
        ~_replaced(),
    )


def _replaced() -> ColumnElement[bool]:
    """Return whether another row of the scope holds by `:now`."""
    begins_later = or_(
        _later.c.in_force_from > _p.in_force_from,
        and_(_later.c.in_force_from == _p.in_force_from, _later.c.id > _p.id),
    )
    return (
        select(_later.c.id)
        .where(
            func.coalesce(_later.c.activity_id, 0) == _activity,
            func.coalesce(_later.c.affiliated_as, "") == func.coalesce(_p.affiliated_as, ""),
            _later.c.in_force_from <= bindparam("now"),
            begins_later,
        )
        .correlate(BookingPolicy.__table__)
        .exists()
    )


_IN_FORCE: Final = PreparedSelect(select(*POLICY).where(in_force()).order_by(_p.id))


def policies(connection: Connection, now: datetime, member_id: int | None = None) -> Policies:
    """Return the policy in force for a person; None: for nobody in particular."""
    found = policies_in(_IN_FORCE.fetch(connection, now=now))
    if not found.by_group:  # rare, so most pages read no proofs
        return found
    groups = () if member_id is None else proven_roles(connection, member_id, helsinki_date(now))
    return found.for_groups(groups)


def policies_in(rows: Iterable[Any]) -> Policies:
    """Return the policy from rows with the columns `POLICY`, each of which may come repeatedly."""
    # None: an outer join found no stored numbers.
    stored = {row.policy_id: row for row in rows if row.policy_id is not None}
    return Policies(
        tuple(
            ScopedNumbers(PolicyScope(row.policy_activity, row.policy_group), numbers_in(row))
            for _, row in sorted(stored.items())
        )
    )


def current(session: Session, now: datetime) -> Policy:
    """Return the numbers in force for everybody and everything."""
    return policies(session.connection(), now).of()


def policy_of(session: Session, allocation: Allocation, now: datetime) -> Policy:
    """Return the numbers in force for a session or a reservation; those of no group of people."""
    return policies(session.connection(), now).of(activity_of(session, allocation))


def activity_of(session: Session, allocation: Allocation) -> int | None:
    """Return the activity of a session; None of a reservation."""
    # The table: of an allocation that was read by itself, its class would be read as well.
    query = select(_class.activity_id).where(_class.id == allocation.id)
    return session.scalar(query)


def all_policies(session: Session, at: datetime) -> Policies:
    """Return the numbers of every scope that are in force at `at`, for whoever it is."""
    return _held(_rows_by_scope(session), at)


def _rows_by_scope(session: Session) -> dict[PolicyScope, list[BookingPolicy]]:
    return _by_scope(session.scalars(select(BookingPolicy).order_by(BookingPolicy.id)))


def _held(rows: Mapping[PolicyScope, Sequence[BookingPolicy]], at: datetime) -> Policies:
    held = {scope: row_at(of_scope, at) for scope, of_scope in rows.items()}
    return Policies(
        tuple(ScopedNumbers(scope, numbers_in(row)) for scope, row in held.items() if row)
    )


def _by_scope(rows: Iterable[BookingPolicy]) -> dict[PolicyScope, list[BookingPolicy]]:
    found: dict[PolicyScope, list[BookingPolicy]] = {}
    for row in rows:
        found.setdefault(PolicyScope(row.activity_id, row.affiliated_as), []).append(row)
    return found


def rows_of(session: Session, scope: PolicyScope) -> Sequence[BookingPolicy]:
    """Return every row of a scope in the order in which they were made."""
    query = select(BookingPolicy).where(
        BookingPolicy.activity_id.is_not_distinct_from(scope.activity_id),
        BookingPolicy.affiliated_as.is_not_distinct_from(scope.affiliated_as),
    )
    return session.scalars(query.order_by(BookingPolicy.id)).all()


def row_at(rows: Sequence[BookingPolicy], at: datetime) -> BookingPolicy | None:
    """Return the row of a scope that holds at a time; None before the first one."""
    begun = [row for row in rows if row.in_force_from <= at]
    return max(begun, key=lambda row: (row.in_force_from, row.id), default=None)


def planned_in(rows: Sequence[BookingPolicy], after: datetime) -> list[BookingPolicy]:
    """Return the rows of a scope that begin later, without those that others have replaced."""
    newest = {row.in_force_from: row for row in sorted(rows, key=lambda row: row.id)}
    return [newest[at] for at in sorted(newest) if at > after]


def numbers_at(rows: Sequence[BookingPolicy], at: datetime) -> dict[str, int | None]:
    """Return the numbers of a scope that hold at a time; all None where none are set."""
    row = row_at(rows, at)
    return dict.fromkeys(NAMES) if row is None else own_numbers(row)


def own_numbers(row: BookingPolicy) -> dict[str, int | None]:
    """Return the numbers of a row."""
    return dict(zip(NAMES, numbers_in(row), strict=True))


def version_of(rows: Sequence[BookingPolicy]) -> int:
    """Return the version of a scope; 1 where nothing is set."""
    return max((row.version for row in rows), default=1)


def beginnings_after(session: Session, at: datetime) -> Sequence[datetime]:
    """Return the times at which something planned begins."""
    query = select(BookingPolicy.in_force_from).where(BookingPolicy.in_force_from > at)
    return session.scalars(query.distinct().order_by(BookingPolicy.in_force_from)).all()


def scopes_of_activity(session: Session, activity_id: int) -> Sequence[PolicyScope]:
    """Return the scopes of an activity that have numbers of their own."""
    query = select(BookingPolicy).where(BookingPolicy.activity_id == activity_id)
    return list(_by_scope(session.scalars(query.order_by(BookingPolicy.id))))


def scope_name(session: Session, scope: PolicyScope) -> str:
    """Return what the audit calls a scope."""
    if scope == EVERYTHING:
        return "booking"
    query = select(Activity.public_id).where(Activity.id == scope.activity_id)
    activity = "" if scope.activity_id is None else str(session.scalar(query))
    return f"{activity} {scope.affiliated_as or ''}".strip()


def scopes(session: Session, now: datetime) -> list[ScopeView]:
    """Return everything, then each other scope that has numbers of its own, now or later."""
    rows = _rows_by_scope(session)
    of_activities = {scope.activity_id for scope in rows} - {None}
    known = session.scalars(select(Activity).where(Activity.id.in_(of_activities)))
    activities = {activity.id: activity for activity in known}
    views = [
        _view(scope, rows, activities.get(scope.activity_id or 0), now)
        for scope in (EVERYTHING, *sorted(rows.keys() - {EVERYTHING}, key=_order))
    ]
    return [view for view in views if view.scope == EVERYTHING or not view.is_empty]


def _order(scope: PolicyScope) -> tuple[int, str]:
    return scope.activity_id or 0, scope.affiliated_as or ""


def scope_view(session: Session, scope: PolicyScope, now: datetime) -> ScopeView:
    """Return the numbers of a scope, also of one that has none of its own."""
    rows = _rows_by_scope(session)
    activity = None if scope.activity_id is None else session.get_one(Activity, scope.activity_id)
    return _view(scope, rows, activity, now)


def _view(
    scope: PolicyScope,
    rows: Mapping[PolicyScope, Sequence[BookingPolicy]],
    activity: Activity | None,
    now: datetime,
) -> ScopeView:
    """Return the numbers of a scope; `rows` are those of every scope that has any."""
    own = rows.get(scope, [])
    wider = {one: of for one, of in rows.items() if one != scope and one.contains(scope)}
    return ScopeView(
        scope,
        activity.public_id if activity else None,
        {name: getattr(activity, f"name_{name}") for name in ("fi", "sv", "en")}
        if activity
        else None,
        numbers_at(own, now),
        _held(wider, now).of(scope.activity_id),
        list(_planned(own, now)),
        version_of(own),
    )


def _planned(rows: Sequence[BookingPolicy], now: datetime) -> Iterator[PlannedNumbers]:
    before = numbers_at(rows, now)
    for row in planned_in(rows, now):
        after = own_numbers(row)
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed:
            yield PlannedNumbers(row.in_force_from, changed)
        before = after


def scope_for(
    session: Session, activity: uuid.UUID | None, affiliated_as: str | None
) -> PolicyScope:
    """Return the scope of an activity and a group of people, where given.

    Raises:
        DomainError: not_found: there is no such activity.
    """
    if activity is None:
        return PolicyScope(None, affiliated_as)
    query = select(Activity.id).where(Activity.public_id == activity)
    return PolicyScope(require_first(session.scalars(query).all()), affiliated_as)


def activities(session: Session, now: datetime) -> Sequence[Activity]:
    """Return the activities that are still to be held, by name; those of the past may be many."""
    query = select(Activity).where(_is_to_come(now))
    return session.scalars(query.order_by(Activity.name_en, Activity.id)).all()


def next_times(session: Session, now: datetime) -> dict[int, datetime]:
    """Return when each activity is held next, where that is planned: one of two of a name is told
    from the other by it.
    """
    query = select(
        ClassSession.activity_id, func.min(ClassSession.starts_at).label("starts_at")
    ).where(ClassSession.state == "scheduled", ClassSession.starts_at > now)
    rows = session.execute(query.group_by(ClassSession.activity_id))
    return {row.activity_id: row.starts_at for row in rows}


def is_to_come(session: Session, activity_id: int, now: datetime) -> bool:
    """Return whether an activity is still to be held."""
    query = select(Activity.id).where(Activity.id == activity_id, _is_to_come(now))
    return session.scalar(query) is not None


def _is_to_come(now: datetime) -> ColumnElement[bool]:
    ahead = select(ClassSession.activity_id).where(
        ClassSession.state == "scheduled", ClassSession.ends_at > now
    )
    # Also of a class whose first session is not made yet.
    weekly = select(SessionRule.activity_id).where(SessionRule.last_on >= helsinki_date(now))
    return or_(Activity.id.in_(ahead), Activity.id.in_(weekly))
