"""Payers, the account and issued invoices, for tests."""

import uuid
from datetime import date, datetime
from typing import Any, Final

from tests.world.shop import NOW, TODAY
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.passes.invoices import queries, service
from zone.passes.invoices.queries import InvoiceView
from zone.passes.payers import service as payers

SELLER: Final[dict[str, Any]] = {
    "seller_name": "Zone Campus Sports",
    "seller_address": "Kampuskatu 1, 00900 Helsinki",
    "seller_business_id": "2345678-0",
}
ACCOUNT: Final = {
    "iban": "FI2112345600000785",
    "bic": "NDEAFIHH",
    "vat_id": "FI23456780",
    "street": "Kampuskatu 1",
    "post_code": "00900",
    "town": "Helsinki",
    "country": "FI",
    "einvoice_address": "003723456780",
    "einvoice_operator": "003723327487",
}
PAYER: Final[dict[str, Any]] = {
    "name": "Esimerkki University Ltd",
    "business_id": "0112038-9",
    "vat_id": "FI01120389",
    "street": "Esimerkkikatu 1",
    "post_code": "00520",
    "town": "Helsinki",
    "country": "FI",
    "einvoice_address": "003701120389",
    "einvoice_operator": "003723327487",
    "email": "invoices@esimerkki.example",
    "language": "fi",
    "payment_days": 14,
}
LINE: Final[dict[str, Any]] = {
    "text": "Liikuntapalvelut, syksy",
    "quantity": 100,
    "unit_cents": 125_000,
    "vat_category": "exercise",
    "supplied_on": TODAY,
}


def open_books(manager: Actor, **payer: Any) -> None:
    """Set the account, and add a payer."""
    with writing() as session:
        service.save_account(session, manager, NOW, **ACCOUNT)
        payers.save_payer(
            session, manager, "esimerkki", **{**PAYER, **payer}, version=None, now=NOW
        )


def a_draft(manager: Actor, *lines: dict[str, Any], now: datetime = NOW) -> uuid.UUID:
    """Begin an invoice with lines; return its id."""
    with writing() as session:
        draft = service.create_draft(session, manager, "esimerkki", "PO-77", now)
        for line in lines:
            service.add_line(session, manager, draft.public_id, **{**LINE, **line}, now=now)
        return draft.public_id


def issued(
    manager: Actor, settings: Settings, *lines: dict[str, Any], now: datetime = NOW
) -> InvoiceView:
    """Issue an invoice with lines, of one line where none are named."""
    public_id = a_draft(manager, *(lines or ({},)), now=now)
    with writing() as session:
        service.issue_invoice(session, manager, public_id, settings, now)
    return view(public_id, helsinki_date(now))


def view(public_id: uuid.UUID, today: date = TODAY) -> InvoiceView:
    """Return an issued invoice as it is shown on a day."""
    with reading() as session:
        return queries.invoice_view(session, queries.invoice_by_id(session, public_id), today)
