"""What can be sold to a person at the counter."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_public_id
from zone.passes.orders.queries import PriceQuote, offers


def offers_to(
    session: Session, person: uuid.UUID, *, seller_vat: bool, now: datetime
) -> list[PriceQuote]:
    """Return what can be sold to a person at the counter, fees included.

    Raises:
        DomainError: not_found.
    """
    member = member_by_public_id(session, person)
    return offers(
        session, member.id, today=helsinki_date(now), seller_vat=seller_vat, with_fees=True
    )
