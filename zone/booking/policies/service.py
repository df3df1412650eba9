"""Change the booking policy. What was booked and planned under the old numbers stays."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.policies.errors import POLICY_INVALID
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import Policy
from zone.core.audit.service import record_action
from zone.core.db.statements import insertion
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import write_recorded
from zone.core.versions import refuse_stale


def change_policy(
    session: Session, actor: Actor, new: Policy, *, version: int, now: datetime
) -> Policy:
    """Set all numbers from `now` on.

    Raises:
        DomainError: forbidden; edited_meanwhile; policy_invalid: nothing could ever be booked.
        IntegrityError: policy_invalid: the numbers do not fit together.
    """
    actor.require(Permission.TIMETABLE_WRITE)
    # The row exists from the first change on: with it two first editors have something to lock.
    defaults = insertion(session, BookingPolicy).values(id=1, **asdict(Policy()))
    write_recorded(session, defaults.on_conflict_do_nothing(index_elements=["id"]))
    stored = session.scalars(select(BookingPolicy).with_for_update()).one()
    before = Policy(**{name: getattr(stored, name) for name in asdict(new)})
    changed = [name for name, number in asdict(new).items() if number != getattr(before, name)]
    if not changed:  # the second tap on the button: no conflict, and nothing to record
        return new
    # Under the row's lock: of two editors who read one version, the second is told what differs.
    refuse_stale(stored.version, version, changed)
    if not new.is_possible:
        raise DomainError(POLICY_INVALID)
    stored.version += 1
    for name in changed:
        setattr(stored, name, getattr(new, name))
    record_action(
        session,
        actor_id=actor.id,
        action="policy.change",
        object_kind="policy",
        object_id="booking",
        before={name: getattr(before, name) for name in changed},
        after={name: getattr(new, name) for name in changed},
        now=now,
    )
    session.flush()  # here the CHECK constraints refuse numbers that do not fit together
    return new
