"""Take over passes that another system has sold. Never commits."""

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.formats import format_day
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.core.time import from_helsinki
from zone.members.people.queries import member_by_email, member_by_id
from zone.members.people.service import create_member, lock_members
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.catalogue.rules import FROM_ACTIVATION
from zone.passes.passes import service as passes
from zone.passes.takeover import context, rules
from zone.passes.takeover.models import TakenOverCard, TakenOverPass
from zone.passes.takeover.rules import BY, SoldPass, TakeoverPlan


def take_over(
    session: Session, actor_id: int | None, rows: Sequence[SoldPass], *, tell: bool, now: datetime
) -> TakeoverPlan:
    """Take over some passes; return what was done. `actor_id` None: by a command.

    The rows are judged again under the locks of their holders: what another import has taken over
    meanwhile changes nothing. With `tell` those who get a pass are mailed.
    """
    # In the order of their addresses: two imports that create the same people would otherwise
    # wait for each other crosswise.
    ordered = sorted(rows, key=lambda row: (row.email, row.line))
    members = {row.email: 0 for row in ordered}
    for email in members:
        known = member_by_email(session, email)
        members[email] = 0 if known is None else known.id
    lock_members(session, [member_id for member_id in members.values() if member_id])
    plan = rules.plan(ordered, context.takeover_context(session, ordered, actor_id))
    products = {code: product_by_code(session, code) for code in {row.product for row in plan.new}}
    for row in plan.new:
        members[row.email] = members[row.email] or _create(session, row, now)
        _store(session, actor_id, row, members[row.email], products[row.product], now)
        if tell:
            _tell(session, members[row.email], row, products[row.product], now)
    session.flush()
    if plan.new:
        _audit(session, actor_id, plan, now)
    return plan.after(len(plan.new))


def require(actor: Actor) -> None:
    """Check that somebody may take over passes, which creates people too.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    actor.require(Permission.PEOPLE_WRITE)


def _create(session: Session, row: SoldPass, now: datetime) -> int:
    member = create_member(
        session, email=row.email, name=row.name, language=row.language or "fi", now=now
    )
    return member.id


def _store(
    session: Session,
    actor_id: int | None,
    row: SoldPass,
    member_id: int,
    product: Product,
    now: datetime,
) -> None:
    pass_ = passes.add_pass(
        session,
        member_id,
        product,
        starts_on=row.valid_from,
        ends_on=row.valid_until,
        length_days=rules.days_of(
            row, product.length_days, activation=product.duration == FROM_ACTIVATION
        ),
        visits=row.visits_left,
        sold_at=now if row.sold_on is None else min(now, from_helsinki(row.sold_on, time())),
        now=now,
        by=BY,
    )
    if row.activated_at is not None:
        passes.record_event(
            session, pass_.id, "activated", occurred_at=row.activated_at, recorded_at=now, by=BY
        )
    session.add(
        TakenOverPass(
            external_id=row.external_id,
            pass_id=pass_.id,
            digest=row.digest,
            sold_on=row.sold_on,
            paid_cents=row.paid_cents,
            recorded_at=now,
            recorded_by=actor_id,
        )
    )
    if row.card_number:
        _store_card(session, row.card_number, member_id, now)


def _store_card(session: Session, number: str, member_id: int, now: datetime) -> None:
    # A holder of two passes has one card. Whose it is was judged before.
    known = session.scalar(select(TakenOverCard.id).where(TakenOverCard.number == number))
    if known is None:
        session.add(TakenOverCard(number=number, member_id=member_id, recorded_at=now))
        session.flush()


def _tell(session: Session, member_id: int, row: SoldPass, product: Product, now: datetime) -> None:
    member = member_by_id(session, member_id)
    mail.post(
        session,
        to=member.email,
        template="passes/pass_taken_over",
        language=member.language,
        params={
            "product": names_of(product)[member.language],
            "first_day": format_day(row.valid_from, member.language),
            "last_day": format_day(row.valid_until, member.language),
        },
        dedupe=f"taken over {row.external_id}",
        now=now,
    )


def _audit(session: Session, actor_id: int | None, plan: TakeoverPlan, now: datetime) -> None:
    record_action(
        session,
        actor_id=actor_id,
        action="passes.take_over",
        object_kind="taken_over_pass",
        object_id=plan.new[0].external_id,
        after={"passes": len(plan.new), "new_people": plan.new_people},
        now=now,
    )
