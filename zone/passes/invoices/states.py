"""The states of the managers' pages of invoices, from invented values."""

import uuid
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

from zone.passes.invoices.pages import account_page, draft_page, invoice_page, list_page
from zone.passes.invoices.queries import (
    DraftView,
    InvoiceLineView,
    InvoicePaymentView,
    InvoiceRow,
    InvoiceView,
)
from zone.passes.invoices.rules import InvoicePrice, SellerDetails, rates_of
from zone.passes.payers.rules import BillingDetails
from zone.web.forms import FormState
from zone.web.states import State

ID: Final = uuid.UUID(int=1)
TODAY: Final = date(2026, 12, 1)
PAYER: Final = BillingDetails(
    name="Esimerkki University Ltd",
    business_id="0112038-9",
    vat_id="FI01120389",
    street="Esimerkkikatu 1",
    post_code="00520",
    town="Helsinki",
    country="FI",
    einvoice_address="003701120389",
    einvoice_operator="003723327487",
    email="invoices@esimerkki.example",
    language="fi",
    payment_days=14,
)
SELLER: Final = SellerDetails(
    name="Zone Campus Sports",
    business_id="2345678-0",
    charges_vat=True,
    vat_id="FI23456780",
    street="Kampuskatu 1",
    post_code="00900",
    town="Helsinki",
    country="FI",
    iban="FI2112345600000785",
    bic="NDEAFIHH",
    einvoice_address="003723456780",
    einvoice_operator="003723327487",
)
LINES: Final = [
    InvoiceLineView(1, "Liikuntapalvelut, syksy", 100, 125_000, 1350, TODAY, 125_000, 16_875),
    InvoiceLineView(2, "Tuntien ohjaus", 250, 6_000, 2550, TODAY, 15_000, 3_825),
]
INVOICE: Final = InvoiceView(
    id=ID,
    number="L-2026-17",
    kind="invoice",
    credits="",
    credited_by="",
    payer_code="esimerkki",
    payer=PAYER,
    seller=SELLER,
    buyer_reference="PO-77",
    reference="20260000171234566",
    issued_on=TODAY,
    due_on=date(2026, 12, 15),
    lines=LINES,
    net_cents=140_000,
    tax_cents=20_700,
    cents=160_700,
    payments=[],
    mailed_to="",
    state="open",
    left=(100, 250),
)
CREDIT: Final = replace(
    INVOICE,
    number="L-2026-18",
    kind="credit",
    credits="L-2026-17",
    lines=[
        replace(one, quantity=-one.quantity, net_cents=-one.net_cents, tax_cents=-one.tax_cents)
        for one in LINES
    ],
    net_cents=-140_000,
    tax_cents=-20_700,
    cents=-160_700,
    state="credit",
    left=(),
)
PAID: Final = replace(
    INVOICE,
    payments=[
        InvoicePaymentView(100_000, date(2026, 12, 10), "bank", ""),
        InvoicePaymentView(60_700, date(2026, 12, 14), "hand", "Netted"),
    ],
    mailed_to=PAYER.email,
    state="paid",
)
DRAFT: Final = DraftView(
    ID,
    "esimerkki",
    PAYER.name,
    "PO-77",
    LINES,
    rates_of([InvoicePrice(one.quantity, one.unit_cents, one.vat_bp) for one in LINES]),
)


def _row(number: int, state: str, paid: int = 0) -> InvoiceRow:
    return InvoiceRow(
        ID, f"L-2026-{number}", "invoice", PAYER.name, TODAY, TODAY, 160_700, paid, state
    )


ROWS: Final = (_row(19, "open"), _row(18, "partly_paid", 100_000), _row(17, "paid", 160_700))
LATE: Final = (_row(16, "overdue"),)
PAYERS: Final = (("esimerkki", PAYER.name),)
_EMPTY: Final = FormState({})

STATES: Final = (
    State("invoices", "none", partial(list_page, [], [], [], [], _EMPTY, ready=False)),
    State(
        "invoices",
        "some",
        partial(list_page, (*ROWS, *LATE), LATE, [(ID, PAYER.name)], PAYERS, _EMPTY),
    ),
    State("invoices", "account", partial(account_page, _EMPTY)),
    State("invoices", "draft", partial(draft_page, DRAFT, _EMPTY, today=str(TODAY))),
    State("invoices", "issued", partial(invoice_page, INVOICE, _EMPTY)),
    State("invoices", "paid", partial(invoice_page, PAID, _EMPTY, done=True)),
    State(
        "invoices",
        "credited-in-part",
        lambda: invoice_page(
            replace(INVOICE, credited_by="L-2026-18", credited_cents=-18_825, left=(100, 0)), _EMPTY
        ),
    ),
    State("invoices", "credit-note", partial(invoice_page, CREDIT, _EMPTY)),
)
