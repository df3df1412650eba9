"""Coming in without a phone: the desk recognises the person, and the same rule as at the door judges them.

The rule judges codes, and there is no second rule. So the desk shows one of its own making, of a key that exists for
this one question and that it vouches for in the person's name.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, Facts, decide
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.roster import Holder, Key
from zone.access import roster, visits
from zone.access.errors import NEVER_OVERRIDDEN
from zone.access.models import Area, Door, Visit
from zone.access.rules import SAME_VISIT
from zone.booking.claims import lock_member
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.models import Campus

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
    found = roster.doors(session, Door.public_id == door, now)
    if not found:
        raise DomainError(NOT_FOUND)
    token, key = _vouched_code(now)
    (holder,) = roster.holders(session, [member_id], now)
    last = _last_visit(session, _area_of(session, door), member_id)
    known = Holder(holder.holder, (key,), holder.rights, holder.slots, holder.suspended)
    last_grant = None if last is None else last.timestamp()
    facts = Facts(token, found[0], key, known, last_grant=last_grant, roster_at=now.timestamp())
    return decide(facts, now.timestamp())


def _vouched_code(now: datetime) -> tuple[codes.Token, Key]:
    own = ec.generate_private_key(ec.SECP256R1())
    public = own.public_key()
    token = codes.parse(codes.sign_short(own, int(now.timestamp())).encode())
    return token, Key(codes.kid_of(public), codes.compress(public))


def check_in(session: Session, door: uuid.UUID, member_id: int, *, override: bool, now: datetime) -> CheckIn:
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
    visits_here = (Visit.area_id == area_id, Visit.member_id == member_id, Visit.retracted_at.is_(None))
    return session.scalar(select(func.max(Visit.occurred_at)).where(*visits_here))


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """A door that the desk may choose, by its campus and area."""

    id: uuid.UUID
    campus: str
    area: str
    name: str


def doors_to_choose(session: Session) -> list[DoorChoice]:
    """Every door, by campus, area and name."""
    query = select(Door.public_id, Campus.name, Area.name, Door.name)
    joined = query.join(Area, Area.id == Door.area_id).join(Campus, Campus.id == Area.campus_id)
    return [DoorChoice(*row) for row in session.execute(joined.order_by(Campus.name, Area.name, Door.name))]
