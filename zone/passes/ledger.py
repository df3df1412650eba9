"""Writing facts that may arrive twice: the database lets one in, and the writer learns whether it was theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core.time import to_helsinki
from zone.db import insert_new, insertion
from zone.passes.models import PassEvent, PaymentEvent, Receipt, ReceiptSequence


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: name, postal address and business ID, as they stand on a receipt."""

    name: str = ""
    address: str = ""
    business_id: str = ""


UNNAMED: Final = Seller()
"""The seller of a service that has not set one."""


def seller_of(settings: Settings) -> Seller:
    """Who sells now."""
    return Seller(settings.seller_name, settings.seller_address, settings.seller_business_id)


def seller_on(receipt: Receipt) -> Seller:
    """Who sold, as the receipt keeps it."""
    return Seller(receipt.seller_name, receipt.seller_address, receipt.seller_business_id)


def record_event(
    session: Session, pass_id: int, kind: str, *, occurred_at: datetime, recorded_at: datetime, by: str
) -> bool:
    """Append what happened to a pass; whether it was news."""
    row = {"pass_id": pass_id, "kind": kind, "occurred_at": occurred_at, "recorded_at": recorded_at, "by": by}
    return bool(insert_new(session, PassEvent, [row], PassEvent.id))


def record_outcome(
    session: Session, payment_id: int, outcome: str, *, occurred_at: datetime, recorded_at: datetime
) -> bool:
    """Append what the provider said of a payment; whether it was news. Of two at once one is told yes."""
    row = {"payment_id": payment_id, "outcome": outcome, "occurred_at": occurred_at, "recorded_at": recorded_at}
    return bool(insert_new(session, PaymentEvent, [row], PaymentEvent.id))


def issue_receipt(
    session: Session, order_id: int, kind: str, cents: int, now: datetime, seller: Seller = UNNAMED
) -> Receipt:
    """The numbered document of a sale, or of its refund with negative cents and the seller of the sale.

    Raises:
        DomainError: order_settled, when the transaction ends: the order has one already.
    """
    year, number = _next_number(session, now)
    sold = _sale_of(session, order_id) if kind == "refund" else None
    by = seller_on(sold) if sold else seller
    receipt = Receipt(
        year=year, number=number, order_id=order_id, kind=kind, cents=cents, issued_at=now,
        seller_name=by.name, seller_address=by.address, seller_business_id=by.business_id,
    )  # fmt: skip
    session.add(receipt)
    session.flush()
    return receipt


def _sale_of(session: Session, order_id: int) -> Receipt | None:
    return session.scalar(select(Receipt).where(Receipt.order_id == order_id, Receipt.kind == "sale"))


def _next_number(session: Session, now: datetime) -> tuple[int, int]:
    """(year, number), the year by Helsinki's calendar.

    Claimed in the caller's transaction: if that fails the number is free again, so none goes missing.
    """
    year = to_helsinki(now).year
    claim = insertion(session, ReceiptSequence).values(year=year, last=1)
    claim = claim.on_conflict_do_update(index_elements=["year"], set_={"last": ReceiptSequence.last + 1})
    return year, session.execute(claim.returning(ReceiptSequence.last)).scalar_one()
