"""What rows of passes from another system are compared with, in few statements."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import KINDS
from zone.passes.takeover.models import TakenOverCard, TakenOverPass
from zone.passes.takeover.rules import SoldPass, TakeoverContext

# The engines bound how many values a statement may have.
AT_ONCE = 500


def takeover_context(
    session: Session, rows: Sequence[SoldPass], actor_id: int | None = None
) -> TakeoverContext:
    """Return what is on record of the products, people, ids and cards of some rows, and the address
    of who takes them over.
    """
    products = select(Product.code, Product.visits).where(Product.kind.in_(KINDS))
    people, known, cards = set[str](), dict[str, str](), dict[str, str]()
    for emails in _parts({row.email for row in rows}):
        people.update(session.scalars(select(Member.email).where(Member.email.in_(emails))))
    for ids in _parts({row.external_id for row in rows}):
        found = select(TakenOverPass.external_id, TakenOverPass.digest)
        known |= dict(session.execute(found.where(TakenOverPass.external_id.in_(ids))).all())
    for numbers in _parts({row.card_number for row in rows if row.card_number}):
        holders = select(TakenOverCard.number, Member.email).join(
            Member, Member.id == TakenOverCard.member_id
        )
        cards |= dict(session.execute(holders.where(TakenOverCard.number.in_(numbers))).all())
    return TakeoverContext(
        {code: visits is not None for code, visits in session.execute(products)},
        frozenset(people),
        known,
        cards,
        session.scalar(select(Member.email).where(Member.id == actor_id)) or "",
    )


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    left = iter(sorted(values))
    while part := list(islice(left, AT_ONCE)):
        yield part
