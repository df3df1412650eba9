"""Judge a code or a person as a door would, and check people in at the desk. Never commits.

`decide` judges codes, and there is no second rule: `rules.judge_holder` calls it for a person
without a phone.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from firmware_bridge.wire.decide import Decision, decide
from firmware_bridge.wire.reasons import Reason
from zone.access.check_in.context import (
    PersonAtDoor,
    PersonKnown,
    door_context,
    person_known,
    presence_of,
)
from zone.access.check_in.errors import NEVER_OVERRIDDEN
from zone.access.check_in.rules import judge_holder
from zone.access.doors.models import Door
from zone.access.issuer_keys.service import ensure_issuer
from zone.access.roster import queries as roster_queries
from zone.access.visits import service as visits
from zone.access.visits.rules import SAME_VISIT, DeskVisitor
from zone.core.config import Settings
from zone.core.errors import DomainError, require_first

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


def judge_person(
    session: Session, asked: PersonAtDoor, known: PersonKnown, now: datetime
) -> Decision:
    """Return what the door would decide if this person showed a valid code now. Stores nothing."""
    area = asked.door.area
    presence = presence_of(session, area, asked.area_id, asked.holder, now)
    return judge_holder(
        # Under the lock: the door may have been shut while this person's lock was waited for.
        replace(asked.door, state=known.door_state),
        known.holder,
        now,
        last_grant=known.last_visit,
        last_left=presence.left_at,
        people_inside=presence.people,
        is_inside=presence.is_inside,
    )


def check_in(session: Session, asked: PersonAtDoor, *, override: bool, now: datetime) -> CheckIn:
    """Add the visit of a person whom the desk recognised, with all that a scan at the door adds.

    An arrival within the last minute, through a door or at the desk, is the same visit.
    `override` admits against the answer of `decide`. The caller authorises and audits.

    Raises:
        DomainError: never_overridden.
    """
    # Under the lock of `asked`, the second of two desks sees the visit that the first has added.
    known = person_known(session, asked, now)
    if known.last_visit is not None and now - known.last_visit <= SAME_VISIT:
        return CheckIn(True, Reason.GRANTED, overridden=False, again=True, visit_id=None)
    decision = judge_person(session, asked, known, now)
    overridden = override and not decision.granted
    if overridden and decision.reason in BINDING:
        raise DomainError(NEVER_OVERRIDDEN)
    if not decision.granted and not overridden:
        return CheckIn(False, decision.reason, overridden=False, again=False, visit_id=None)
    area = asked.door.area
    visitor = DeskVisitor(
        asked.member_id,
        asked.area_id,
        area.kinds,
        area.campus,
        known.institution,
        known.passes,
    )
    visit_id = visits.add_at_desk(session, visitor, now)
    return CheckIn(True, decision.reason, overridden, again=False, visit_id=visit_id)


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
