"""The states of the managers' page of payers, from invented values."""

from functools import partial
from typing import Final

from zone.passes.payers.pages import payers_page
from zone.passes.payers.queries import PayerView
from zone.web.forms import FormState
from zone.web.states import State

PAYER: Final = PayerView(
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
    code="esimerkki",
    version=2,
)

STATES: Final = (
    State("payers", "none", partial(payers_page, [], None, FormState({}))),
    State("payers", "some", partial(payers_page, [PAYER], None, FormState({}))),
    State("payers", "one-saved", partial(payers_page, [PAYER], PAYER, FormState({}), done=True)),
)
