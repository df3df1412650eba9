"""Change the booking policy. What was booked and planned under the old numbers stays."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.policies import queries
from zone.booking.policies.errors import POLICY_INVALID
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.resolution import EVERYTHING, NAMES, PolicyScope
from zone.booking.policies.rules import Policy
from zone.core.audit.service import record_action
from zone.core.db.statements import insertion
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import write_recorded
from zone.core.time import day_window
from zone.core.versions import refuse_stale

Numbers = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """New numbers of a scope from a day on (None: from now on); None: as the wider scope has it.

    Numbers that it does not name stay as they are.
    """

    numbers: Numbers
    scope: PolicyScope = EVERYTHING
    from_day: date | None = None


def change_policy(
    session: Session, actor: Actor, new: Policy, *, version: int, now: datetime
) -> None:
    """Set all numbers for everybody and everything from `now` on; see `change_numbers`."""
    change_numbers(session, actor, PolicyChange(asdict(new)), version=version, now=now)


def change_numbers(
    session: Session, actor: Actor, change: PolicyChange, *, version: int, now: datetime
) -> None:
    """Set numbers of a scope from a day on; what is planned for later days keeps what it changes.

    Raises:
        DomainError: forbidden; edited_meanwhile; policy_invalid: such numbers may not differ for
            that scope, or nothing could be booked any more.
        IntegrityError: policy_invalid: the numbers do not fit together.
    """
    actor.require(Permission.TIMETABLE_WRITE)
    if set(change.numbers) - set(change.scope.names):
        raise DomainError(POLICY_INVALID)
    _lock(session)
    rows = queries.rows_of(session, change.scope)
    at = now if change.from_day is None else max(now, day_window(change.from_day)[0])
    before = queries.numbers_at(rows, at)
    changed = _changed(change, before)
    if not changed:  # the second tap on the button: no conflict, and nothing to record
        return
    # Under the lock: of two editors who read one version, the second is told what differs.
    refuse_stale(queries.version_of(rows), version, changed)
    _add(session, change.scope, before | changed, rows, at, now)
    _carry(session, change.scope, rows, at, changed, now)
    _refuse_impossible(session, now)
    record_action(
        session,
        actor_id=actor.id,
        action="policy.change",
        object_kind="policy",
        object_id=queries.scope_name(session, change.scope),
        before={name: before[name] for name in changed},
        after={**changed, "from": at.isoformat()},
        now=now,
    )


def _changed(change: PolicyChange, before: Numbers) -> dict[str, int | None]:
    # Everything has no wider scope: a number that was never set, or is set to null, is the default.
    usual: Numbers = asdict(Policy()) if change.scope == EVERYTHING else dict.fromkeys(NAMES)

    def held(name: str, value: int | None) -> int | None:
        return usual[name] if value is None else value

    return {
        name: value
        for name, value in change.numbers.items()
        if held(name, value) != held(name, before[name])
    }


def _lock(session: Session) -> None:
    """Let one editor at a time change the policy."""
    # The row exists from the first change on: with it two first editors have something to lock.
    first = insertion(session, BookingPolicy).values(id=1)
    write_recorded(session, first.on_conflict_do_nothing(index_elements=["id"]))
    session.execute(select(BookingPolicy.id).where(BookingPolicy.id == 1).with_for_update())


def _add(
    session: Session,
    scope: PolicyScope,
    numbers: Numbers,
    rows: Sequence[BookingPolicy],
    at: datetime,
    now: datetime,
) -> None:
    session.add(
        BookingPolicy(
            activity_id=scope.activity_id,
            affiliated_as=scope.affiliated_as,
            in_force_from=at,
            recorded_at=now,
            version=queries.version_of(rows) + 1,
            **numbers,
        )
    )
    session.flush()  # here the CHECK constraints refuse numbers that do not fit together


def _carry(
    session: Session,
    scope: PolicyScope,
    rows: Sequence[BookingPolicy],
    at: datetime,
    changed: Numbers,
    now: datetime,
) -> None:
    """Let what is set at `at` hold until a planned change is about it, also one back to before."""
    before = queries.numbers_at(rows, at)
    for planned in queries.planned_in(rows, at):
        own = queries.own_numbers(planned)
        changed = {name: value for name, value in changed.items() if own[name] == before[name]}
        if changed:
            _add(
                session,
                scope,
                own | changed,
                queries.rows_of(session, scope),
                planned.in_force_from,
                now,
            )
        before = own


def _refuse_impossible(session: Session, now: datetime) -> None:
    """Refuse numbers with which nothing could be booked, now or when what is planned begins."""
    for at in [now, *queries.beginnings_after(session, now)]:
        every = queries.all_policies(session, at)
        # Each scope by itself, with what is wider: nobody needs to belong to two of them.
        for scope in (one.scope for one in every.scoped):
            if not every.around(scope).of(scope.activity_id).is_possible:
                raise DomainError(POLICY_INVALID)


def keep_for(session: Session, activity_id: int, successor_id: int, now: datetime) -> None:
    """Give an activity that takes the place of another one the same rules.

    One that other classes are of keeps its own. Those of one that comes back, because a text is put
    back, are the present ones, not those of its first time.
    """
    if activity_id == successor_id or queries.is_to_come(session, successor_id, now):
        return
    known = (queries.scopes_of_activity(session, one) for one in (activity_id, successor_id))
    for group in sorted({scope.affiliated_as or "" for scopes in known for scope in scopes}):
        before, own = (PolicyScope(one, group or None) for one in (activity_id, successor_id))
        _copy(session, queries.rows_of(session, before), own, now)


def _copy(
    session: Session, rows: Sequence[BookingPolicy], scope: PolicyScope, now: datetime
) -> None:
    """Let the same numbers hold for a scope as these rows say, now and later."""
    kept = queries.rows_of(session, scope)
    planned = (*queries.planned_in(rows, now), *queries.planned_in(kept, now))
    for at in sorted({now, *(row.in_force_from for row in planned)}):
        kept = queries.rows_of(session, scope)
        numbers = queries.numbers_at(rows, at)
        if numbers != queries.numbers_at(kept, at):
            _add(session, scope, numbers, kept, at, now)
