"""Take over passes that another system has sold. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.formats import format_day
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.core.time import from_helsinki
from zone.members.people.queries import member_by_id, members_by_email
from zone.members.people.service import NewMember, create_members, lock_members
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.catalogue.rules import FROM_ACTIVATION
from zone.passes.pass_changes.queries import HAS_THESE_DAYS
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass
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
    members = members_by_email(session, {row.email for row in ordered})
    lock_members(session, members.values())
    plan = rules.plan(ordered, context.takeover_context(session, ordered, actor_id))
    if plan.new:
        members |= _create(session, [row for row in plan.new if row.email not in members], now)
        products = {code: product_by_code(session, code) for code in {r.product for r in plan.new}}
        taken = _store(session, actor_id, plan.new, members, products, now)
        _store_cards(session, plan.new, members, now)
        if tell:
            for row, pass_ in taken:
                _tell(session, row, pass_, products[row.product], now)
        _audit(session, actor_id, plan, now)
    return plan.after(len(plan.new))


def require(actor: Actor) -> None:
    """Check that somebody may take over passes, which creates people too.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    actor.require(Permission.PEOPLE_WRITE)


def _create(session: Session, rows: Sequence[SoldPass], now: datetime) -> dict[str, int]:
    """Create the holders of some passes; return their ids by address."""
    first = {row.email: row for row in reversed(rows)}  # of several rows the first names them
    people = [
        NewMember(email, first[email].name, first[email].language or "fi")
        for email in sorted(first)
    ]
    return {member.email: member.id for member in create_members(session, people, now)}


def _store(
    session: Session,
    actor_id: int | None,
    rows: Sequence[SoldPass],
    members: Mapping[str, int],
    products: Mapping[str, Product],
    now: datetime,
) -> list[tuple[SoldPass, Pass]]:
    new = [_new_pass(row, members[row.email], products[row.product], now) for row in rows]
    passes.add_passes(session, new, now=now, by=BY)
    # In the order of their keys, as the cards: another import may store the same ones.
    taken = sorted(zip(rows, new, strict=True), key=lambda pair: pair[0].external_id)
    session.add_all(
        TakenOverPass(
            external_id=row.external_id,
            pass_id=one.row.id,
            digest=row.digest,
            sold_on=row.sold_on,
            paid_cents=row.paid_cents,
            recorded_at=now,
            recorded_by=actor_id,
        )
        for row, one in taken
    )
    session.flush()
    return [(row, one.row) for row, one in taken]


def _new_pass(row: SoldPass, member_id: int, product: Product, now: datetime) -> passes.NewPass:
    pass_ = passes.new_pass(
        member_id,
        product,
        starts_on=row.valid_from,
        ends_on=row.valid_until,
        length_days=rules.days_of(
            row, product.length_days, activation=product.duration == FROM_ACTIVATION
        ),
        visits=row.visits_left,
    )
    sold_at = now if row.sold_on is None else min(now, from_helsinki(row.sold_on, time()))
    return passes.NewPass(pass_, sold_at, row.activated_at)


def _store_cards(
    session: Session, rows: Sequence[SoldPass], members: Mapping[str, int], now: datetime
) -> None:
    # A holder of two passes has one card. Whose it is was judged before.
    holders = {row.card_number: members[row.email] for row in rows if row.card_number}
    known = session.scalars(select(TakenOverCard.number).where(TakenOverCard.number.in_(holders)))
    session.add_all(
        TakenOverCard(number=number, member_id=holders[number], recorded_at=now)
        for number in sorted(holders.keys() - set(known))
    )
    session.flush()


def _tell(session: Session, row: SoldPass, pass_: Pass, product: Product, now: datetime) -> None:
    member = member_by_id(session, pass_.member_id)
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
        asked=HAS_THESE_DAYS.about(pass_.public_id, row.valid_until),
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
