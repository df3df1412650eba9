"""Take a visit off a pass by hand, and give one back, audited and with a mail. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.core.mail import service as mail
from zone.core.row_records.service import insert_new_recorded
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.pass_changes.service import audit_pass
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass
from zone.passes.pauses.service import lock_for
from zone.passes.visit_changes.errors import (
    NO_VISIT_LEFT,
    VISIT_GIVEN_BACK,
    VISIT_JUST_TAKEN,
    VISITS_NOT_COUNTED,
)
from zone.passes.visits.models import PassVisit, VisitReturn
from zone.passes.visits.queries import numbered_visit, visits_of
from zone.passes.visits.rules import used_visits
from zone.passes.visits.service import VisitUse, visit_row


def take_visit(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> None:
    """Take a visit off a person's pass, such as of a guest at an unmanned door.

    Also right after another one. It activates the pass, as a use does.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found; pass_ended, pass_not_yet, pass_expired,
            pass_paused; visits_not_counted, no_visit_left, visit_just_taken.
    """
    pass_, granted = _locked(session, actor, person, pass_id)
    passes.activate(session, pass_.id, occurred_at=now, recorded_at=now, by="desk")
    use = VisitUse(pass_.id, now, pass_rules(session, helsinki_date(now)).visit_lasts)
    before = visits_of(session, [pass_.id])[pass_.id]
    row = visit_row(use, before, granted, recorded_at=now, by=f"member {actor.id}", reason=reason)
    if row["number"] is None:
        raise DomainError(NO_VISIT_LEFT)
    if not insert_new_recorded(session, PassVisit, [row]):
        raise DomainError(VISIT_JUST_TAKEN)
    after = {"number": row["number"], "visits_left": granted - used_visits(before) - 1}
    _mark(session, actor, "visit.take", pass_, after, reason, now)
    _mail(session, "passes/visit_taken", pass_, after["visits_left"], reason, now)


def give_back_visit(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    *,
    number: int,
    reason: str,
    now: datetime,
) -> None:
    """Give a visit back to a person's pass, such as after a fault of a scanner.

    Raises:
        DomainError: forbidden, not_for_yourself, pass_ended; not_found: no such pass or visit;
            visits_not_counted, visit_given_back.
    """
    pass_, granted = _locked(session, actor, person, pass_id)
    visit = numbered_visit(session, pass_.id, number)
    if visit is None:
        raise DomainError(NOT_FOUND)
    row = {
        "visit_id": visit.id,
        "returned_at": now,
        "by": f"member {actor.id}",
        "reason": reason,
    }
    if not insert_new_recorded(session, VisitReturn, [row]):
        raise DomainError(VISIT_GIVEN_BACK)
    left = granted - used_visits(visits_of(session, [pass_.id])[pass_.id])
    after = {"number": number, "visits_left": left}
    _mark(session, actor, "visit.give_back", pass_, after, reason, now)
    _mail(session, "passes/visit_given_back", pass_, left, reason, now)


def _locked(
    session: Session, actor: Actor, person: uuid.UUID, pass_id: uuid.UUID
) -> tuple[Pass, int]:
    """Lock a person's pass whose visits are counted; return it, and how many it was given."""
    pass_ = lock_for(session, actor, person, pass_id)
    if pass_.visits is None:
        raise DomainError(VISITS_NOT_COUNTED)
    # Doors lock the pass itself, and not its holder, when they report a visit.
    (locked,) = passes.lock_passes(session, [pass_.id])
    return locked, pass_.visits


def _mark(
    session: Session,
    actor: Actor,
    action: str,
    pass_: Pass,
    after: dict[str, int],
    reason: str,
    now: datetime,
) -> None:
    # Doors hear at once of the last visit, and that there is one again.
    mark_roster(session, [pass_.member_id], now)
    audit_pass(session, action, pass_, actor.id, now, after=after, reason=reason)


def _mail(
    session: Session, template: str, pass_: Pass, left: int, reason: str, now: datetime
) -> None:
    holder = member_by_id(session, pass_.member_id)
    names = names_of(session.get_one(Product, pass_.product_id))
    mail.post(
        session,
        to=holder.email,
        template=template,
        language=holder.language,
        params={
            "product": names.get(holder.language, names["en"]),
            "pass_id": str(pass_.public_id),
            "left": left,
            "reason": reason,
        },
        now=now,
    )
