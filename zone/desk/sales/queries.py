"""What can be sold to a person at the counter."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.members.people.queries import member_by_public_id
from zone.passes.quotes.queries import PriceQuote, offers
from zone.passes.receipts.queries import seller_of


def offers_to(
    session: Session, person: uuid.UUID, *, settings: Settings, now: datetime
) -> list[PriceQuote]:
    """Return what can be sold to a person at the counter, fees included.

    Raises:
        DomainError: not_found.
    """
    member = member_by_public_id(session, person)
    seller = seller_of(session, settings)
    return offers(
        session,
        member.id,
        now=now,
        seller_vat=seller.charges_vat,
        seller=seller,
        with_fees=True,
    )
