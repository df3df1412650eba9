"""The states of the managers' page of rows of the bank, from invented values."""

import uuid
from datetime import date
from functools import partial
from typing import Final

from zone.passes.invoice_payments.pages import bank_page
from zone.passes.invoice_payments.queries import BankRowView
from zone.web.forms import FormState
from zone.web.states import State

DAY: Final = date(2026, 12, 14)
KNOWN: Final = BankRowView(
    "20260000171234566", 160_700, DAY, uuid.UUID(int=1), "L-2026-17", "Esimerkki University Ltd"
)
UNKNOWN: Final = BankRowView("1232", 5_000, DAY, None, "", "")
_EMPTY: Final = FormState({})

STATES: Final = (
    State("bank-rows", "none", partial(bank_page, [], [], _EMPTY)),
    State("bank-rows", "some", partial(bank_page, [UNKNOWN], [KNOWN], _EMPTY, done=True)),
)
