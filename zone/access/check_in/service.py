"""Judge a code or a person as a door would, and check people in at the desk. Never commits.

`decide` judges codes, and there is no second rule. For a person without a phone the desk signs a
code with a key made for this one question and vouches for it in the person's name.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages.roster import Holder, Key
from firmware_bridge.wire.reasons import Reason
from zone.access.check_in.context import door_context
from zone.access.check_in.errors import NEVER_OVERRIDDEN
from zone.access.doors.models import Door
from zone.access.roster import queries as roster_queries
from zone.access.visits import service as visits
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.booking.seats.service import lock_member
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError

BINDING: Final = frozenset({Reason.LOCKDOWN})
"""Refusals for everybody's safety: nobody may decide otherwise."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What became of a check-in. `visit_id` is None where it was refused; `again`: the person had just come in.

    `reason` is the rule's answer, also where it was overridden.
    """

    granted: bool
    reason: Reason
    overridden: bool
    again: bool
    visit_id: int | None


def judge_person(session: Session, door: uuid.UUID, member_id: int, now: datetime) -> Decision:
    """What the door would say if this person showed a good code now. Nothing is stored.

    Raises:
        DomainError: not_found (the door).
    """
    found = roster_queries.doors(session, Door.public_id == door, now)
    if not found:
        raise DomainError(NOT_FOUND)
    token, key = _vouched_code(now)
    (holder,) = roster_queries.holders(session, [member_id], now)
    last = _last_visit(session, _area_of(session, door), member_id)
    known = Holder(holder.holder, (key,), holder.rights, holder.slots, holder.suspended)
    last_grant = None if last is None else last.timestamp()
    facts = DoorContext(
        token, found[0], key, known, last_grant=last_grant, roster_at=now.timestamp()
    )
    return decide(facts, now.timestamp())


def _vouched_code(now: datetime) -> tuple[codes.Token, Key]:
    own = ec.generate_private_key(ec.SECP256R1())
    public = own.public_key()
    token = codes.parse(codes.sign_short(own, int(now.timestamp())).encode())
    return token, Key(codes.kid_of(public), codes.compress(public))


def check_in(
    session: Session, door: uuid.UUID, member_id: int, *, override: bool, now: datetime
) -> CheckIn:
    """Let a person in whom the desk recognised: a visit, the pass's first use, and presence, as the door would have it.

    Who came in within the last minute is in already, by whatever way: that is the same visit. `override` lets in
    against the rule's answer.

    Raises:
        DomainError: not_found (the door), never_overridden.
    """
    lock_member(session, member_id)  # of two desks at once the second sees the visit of the first
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
    visits_here = (
        Visit.area_id == area_id,
        Visit.member_id == member_id,
        Visit.retracted_at.is_(None),
    )
    return session.scalar(select(func.max(Visit.occurred_at)).where(*visits_here))


def judge(
    session: Session, door: uuid.UUID, code: bytes, now: datetime, *, settings: Settings
) -> Decision:
    """What the door would say of a code now: the same rule over the same kind of facts. Nothing is stored.

    Raises:
        DomainError: not_found (the door).
    """
    found = roster_queries.doors(session, Door.public_id == door, now)
    if not found:
        raise DomainError(NOT_FOUND)
    return decide(door_context(session, found[0], code, now, settings), now.timestamp())
