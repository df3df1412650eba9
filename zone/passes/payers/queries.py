"""Payers, for managers and for invoices."""

from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.payers.models import Payer
from zone.passes.payers.rules import BillingDetails

DETAILS: Final = tuple(field.name for field in fields(BillingDetails))


@dataclass(frozen=True, slots=True)
class PayerView(BillingDetails):
    """A payer as managers see it."""

    code: str
    version: int


def payers(session: Session) -> list[PayerView]:
    """Return every payer, by name."""
    return [payer_view(row) for row in session.scalars(select(Payer).order_by(Payer.name))]


def payer_view(row: Payer) -> PayerView:
    """Return a payer for managers."""
    return PayerView(
        code=row.code, version=row.version, **{name: getattr(row, name) for name in DETAILS}
    )


def details_of(row: Payer) -> BillingDetails:
    """Return what an invoice copies of a payer."""
    return BillingDetails(**{name: getattr(row, name) for name in DETAILS})


def payer_by_code(session: Session, code: str) -> Payer:
    """Return the payer with that code.

    Raises:
        DomainError: not_found.
    """
    payer = session.scalar(select(Payer).where(Payer.code == code))
    if payer is None:
        raise DomainError(NOT_FOUND)
    return payer
