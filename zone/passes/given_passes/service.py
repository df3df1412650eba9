"""Give passes without payment, audited. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.formats import format_day
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id, member_by_public_id
from zone.members.people.service import lock_members
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import first_day_of, last_day_of, names_of, product_by_code
from zone.passes.catalogue.rules import FROM_ACTIVATION
from zone.passes.given_passes.errors import GIVEN_ENOUGH, NOT_TO_GIVE
from zone.passes.given_passes.queries import given_on
from zone.passes.given_passes.rules import GIVEN_KINDS
from zone.passes.orders.rules import check_start
from zone.passes.pass_changes.queries import HAS_THESE_DAYS
from zone.passes.pass_changes.service import audit_pass
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes.models import Pass
from zone.passes.passes.service import add_pass, new_pass


def give_pass(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    *,
    product: str,
    starts_on: date,
    reason: str,
    now: datetime,
) -> Pass:
    """Give a person a pass without payment: no order and no receipt, and the reason stays on it.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, not_to_give, start_too_soon,
            start_too_far, no_season; given_enough: as many as one may give in a day.
    """
    actor.require(Permission.PASSES_GIVE)
    member = member_by_public_id(session, person)
    actor.require_other(member.id)
    given = product_by_code(session, product)
    if given.kind not in GIVEN_KINDS:
        raise DomainError(NOT_TO_GIVE)
    today = helsinki_date(now)
    check_start(starts_on, today)
    # The giver too: of two passes given at once the second counts the first.
    lock_members(session, [actor.id, member.id])
    most = pass_rules(session, today).given_a_day
    if given_on(session, actor.id, today) >= most:
        raise DomainError(GIVEN_ENOUGH, params={"most": most})
    first_day = first_day_of(session, given, starts_on)
    pass_ = add_pass(
        session,
        new_pass(
            member.id,
            given,
            starts_on=first_day,
            ends_on=last_day_of(session, given, first_day),
            length_days=given.length_days if given.duration == FROM_ACTIVATION else None,
        ),
        now=now,
        by=f"member {actor.id}",
        reason=reason,
    )
    after = {
        "person": str(member.public_id),
        "product": given.code,
        "kind": given.kind,
        "starts_on": pass_.starts_on.isoformat(),
        "ends_on": pass_.ends_on.isoformat(),
    }
    audit_pass(session, "pass.give", pass_, actor.id, now, reason=reason, after=after)
    _mail(session, given, pass_, reason, now)
    return pass_


def _mail(session: Session, product: Product, pass_: Pass, reason: str, now: datetime) -> None:
    member, names = member_by_id(session, pass_.member_id), names_of(product)
    language = member.language
    mail.post(
        session,
        to=member.email,
        template="passes/pass_given",
        language=language,
        params={
            "product": names.get(language, names["en"]),
            "pass_id": str(pass_.public_id),
            "first_day": format_day(pass_.starts_on, language),
            "ends_on": format_day(pass_.ends_on, language),
            "reason": reason,
        },
        now=now,
        asked=HAS_THESE_DAYS.about(pass_.public_id, pass_.ends_on),
    )
