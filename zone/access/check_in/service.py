"""Judge a code or a person as a door would, and check people in at the desk. Never commits.

`decide` judges codes, and there is no second rule: `rules.judge_holder` calls it for a person
without a phone.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.decide import Decision, decide
from firmware_bridge.wire.reasons import Reason
from zone.access.check_in.context import door_context, presence_of
from zone.access.check_in.errors import NEVER_OVERRIDDEN
from zone.access.check_in.rules import judge_holder
from zone.access.doors.models import Door
from zone.access.issuer_keys.service import ensure_issuer
from zone.access.roster import queries as roster_queries
from zone.access.visits import service as visits
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.booking.seats.service import lock_member
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError, require_first

# Refusals for everybody's safety, which no member of staff can override.
BINDING: Final = frozenset({Reason.LOCKDOWN})


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The outcome of a check-in.

    `reason` is the answer of `decide`, also where it was overridden. `again`: the person came in
    less than a minute before. `visit_id` is None where no visit was added.
    """

    granted: bool
    reason: Reason
    overridden: bool
    again: bool
    visit_id: int | None


def judge_person(session: Session, door: uuid.UUID, member_id: int, now: datetime) -> Decision:
    """Return what the door would decide if this person showed a valid code now. Stores nothing.

    Raises:
        DomainError: not_found (the door).
    """
    door_state = require_first(roster_queries.doors(session, Door.public_id == door, now))
    (holder,) = roster_queries.holders(session, [member_id], now)
    area_id = _area_of(session, door)
    presence = presence_of(session, door_state.area, area_id, holder.holder, now)
    return judge_holder(
        door_state,
        holder,
        now,
        last_grant=_last_visit(session, area_id, member_id),
        last_left=presence.left_at,
        people_inside=presence.people,
        is_inside=presence.is_inside,
    )


def check_in(
    session: Session, door: uuid.UUID, member_id: int, *, override: bool, now: datetime
) -> CheckIn:
    """Add the visit of a person whom the desk recognised, with all that a scan at the door adds.

    An arrival within the last minute, through a door or at the desk, is the same visit.
    `override` admits against the answer of `decide`. The caller authorises and audits.

    Raises:
        DomainError: not_found (the door), never_overridden.
    """
    # The lock lets the second of two desks see the visit that the first has added.
    lock_member(session, member_id)
    area_id = _area_of(session, door)
    last = _last_visit(session, area_id, member_id)
    if last is not None and now - last <= SAME_VISIT:
        return CheckIn(True, Reason.GRANTED, overridden=False, again=True, visit_id=None)
    decision = judge_person(session, door, member_id, now)
    overridden = override and not decision.granted
    if overridden and decision.reason in BINDING:
        raise DomainError(NEVER_OVERRIDDEN)
    if not decision.granted and not overridden:
        return CheckIn(False, decision.reason, overridden=False, again=False, visit_id=None)
    visit_id = visits.add_at_desk(session, member_id, area_id, now)
    return CheckIn(True, decision.reason, overridden, again=False, visit_id=visit_id)


def _area_of(session: Session, door: uuid.UUID) -> int:
    area_id = session.scalar(select(Door.area_id).where(Door.public_id == door))
    if area_id is None:
        raise DomainError(NOT_FOUND)
    return area_id


def _last_visit(session: Session, area_id: int, member_id: int) -> datetime | None:
    return session.scalar(
        select(func.max(Visit.occurred_at)).where(
            Visit.area_id == area_id, Visit.member_id == member_id, Visit.retracted_at.is_(None)
        )
    )


def judge(
    session: Session, door: uuid.UUID, code: bytes, now: datetime, *, settings: Settings
) -> Decision:
    """Return what the door would decide about a code now. Stores nothing.

    Raises:
        DomainError: not_found (the door).
    """
    door_state = require_first(roster_queries.doors(session, Door.public_id == door, now))
    ensure_issuer(settings.keys)  # a door always knows at least one
    return decide(door_context(session, door_state, code, now, settings), now.timestamp())
