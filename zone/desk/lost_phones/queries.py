"""What a person pays when the desk replaces their lost phone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.access.credentials.queries import replacements
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.orders.rules import CounterLine
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.quotes.queries import quote_price
from zone.passes.receipts.queries import seller_of


@dataclass(frozen=True, slots=True)
class LossFee:
    """The fee of a lost phone: its name by language, and the line that the desk sells."""

    name: dict[str, str]
    line: CounterLine

    @property
    def cents(self) -> int:
        """What is to be paid."""
        return self.line.cents


def fee_of_loss(
    session: Session, member: Member, *, settings: Settings, now: datetime
) -> LossFee | None:
    """Return what a person pays for a lost phone; None: nothing.

    Nothing is paid where the fee is not sold to them now, such as without a proof: a lost phone
    must not open doors for want of one.
    """
    rules = pass_rules(session, helsinki_date(now))
    code = rules.fee_of_loss(replacements(session, member.id))
    seller = seller_of(session, settings)
    if code is None or not seller.is_complete:
        return None
    product = product_by_code(session, code)
    try:
        quote = quote_price(
            session,
            member.id,
            product,
            starts_on=None,
            now=now,
            seller_vat=seller.charges_vat,
            with_fees=True,
        )
    except DomainError as refusal:
        if refusal.reasons[0] is NOT_FOUND:
            raise
        return None
    line = CounterLine(code, quote.cents, quote.starts_on, quote.ends_on)
    return LossFee(names_of(product), line)
