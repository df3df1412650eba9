"""The passes that staff can give without payment, and how many somebody has given."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.time import day_window
from zone.passes.catalogue.models import Product
from zone.passes.given_passes.rules import GIVEN_KINDS
from zone.passes.passes.models import Pass, PassEvent


def products_to_give(session: Session) -> list[Product]:
    """Return the products whose passes are given without payment."""
    query = select(Product).where(Product.kind.in_(GIVEN_KINDS)).order_by(Product.id)
    return list(session.scalars(query))


def given_on(session: Session, giver_id: int, day: date) -> int:
    """Return how many passes a member of staff has given on a Helsinki day."""
    start, end = day_window(day)
    given = (
        select(func.count(PassEvent.id))
        .join(Pass, Pass.id == PassEvent.pass_id)
        .where(
            PassEvent.kind == "sold",
            PassEvent.by == f"member {giver_id}",
            PassEvent.occurred_at >= start,
            PassEvent.occurred_at < end,
            Pass.kind.in_(GIVEN_KINDS),
            # One that replaces another was given with that one.
            Pass.root_id.is_(None),
        )
    )
    return session.scalars(given).one()
