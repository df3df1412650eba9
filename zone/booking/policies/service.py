"""The service's own numbers of booking, and changing them. What was booked and planned by the old ones stays."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import Policy
from zone.core import versions
from zone.core.audit.service import record_action
from zone.core.db.statements import insertion
from zone.core.errors import edited_meanwhile


def version_of(policy: Policy) -> str:
    """The version that an editor saw: any change makes another one."""
    return versions.version_of(asdict(policy))


def change(
    session: Session, wanted: Policy, *, version: str, actor_id: int, now: datetime
) -> Policy:
    """Set all numbers anew, from this moment on; on record with what they were.

    Raises:
        DomainError: edited_meanwhile.
        IntegrityError: policy_invalid: they do not fit together.
    """
    defaults = insertion(session, BookingPolicy).values(id=1, **asdict(Policy()))
    session.execute(defaults.on_conflict_do_nothing(index_elements=["id"]))
    stored = session.scalars(select(BookingPolicy).with_for_update()).one()
    before = Policy(**{name: getattr(stored, name) for name in asdict(wanted)})
    changed = [name for name, number in asdict(wanted).items() if number != getattr(before, name)]
    if version != version_of(before):
        raise edited_meanwhile(version_of(before), changed)
    for name in changed:
        setattr(stored, name, getattr(wanted, name))
    record_action(
        session,
        actor_id=actor_id,
        action="policy.change",
        object_kind="policy",
        object_id="booking",
        before={name: getattr(before, name) for name in changed},
        after={name: getattr(wanted, name) for name in changed},
        now=now,
    )
    session.flush()
    return wanted
