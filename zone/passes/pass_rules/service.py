"""Set the rules of passes from a day on, audited. Never commits."""

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.queries import fees
from zone.passes.pass_rules.errors import NO_LOSS_FEE, RULES_IN_THE_PAST
from zone.passes.pass_rules.models import PassRule
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.pass_rules.rules import PassRules


def set_pass_rules(
    session: Session, actor: Actor, valid_from: date, rules: PassRules, now: datetime
) -> None:
    """Set the rules of passes from a day on; the newest of a day hold.

    Raises:
        DomainError: forbidden, rules_in_the_past, no_loss_fee.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    if rules.loss_fee is not None and rules.loss_fee not in fees(session):
        raise DomainError(NO_LOSS_FEE)
    if valid_from < helsinki_date(now):
        raise DomainError(RULES_IN_THE_PAST)
    before = asdict(pass_rules(session, valid_from))
    session.add(
        PassRule(valid_from=valid_from, recorded_at=now, recorded_by=actor.id, **asdict(rules))
    )
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="pass_rules.set",
        object_kind="pass_rules",
        object_id=valid_from.isoformat(),
        before=before,
        after=asdict(rules),
        now=now,
    )
