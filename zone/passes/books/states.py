"""The states of the pages of the books, from invented values."""

from collections import Counter
from datetime import date
from functools import partial
from typing import Final

from zone.passes.books.pages import accounts_page, month_page
from zone.passes.books.queries import MonthReport
from zone.passes.books.rules import VAT, ChartRow
from zone.web.forms import FormState
from zone.web.states import State

_FIRST: Final = date(2026, 11, 1)
_LAST: Final = date(2026, 11, 30)
REPORT: Final = MonthReport(
    _FIRST,
    _LAST,
    documents=214,
    sales_cents=963_000,
    refunds_cents=-4_500,
    returned_cents=4_500,
    gross_by_rate=Counter({1350: 953_500, 2550: 5_000}),
    vat_by_rate=Counter({1350: 113_412, 2550: 1_016}),
    by_method=Counter({"paytrail": 900_000, "cash": 58_500}),
    by_campus=Counter({"": 900_000, "myllypuro": 58_500}),
    cash_moved_cents=-40_000,
    difference_cents=-50,
)
CHART: Final = (
    ChartRow(VAT, "1350", date(2026, 1, 1), "2939", "135"),
    ChartRow(VAT, "2550", date(2024, 9, 1), "2939", "255"),
)

STATES: Final = (
    State("books", "month", partial(month_page, REPORT, {"myllypuro": "Myllypuro"})),
    State("books", "nothing", partial(month_page, MonthReport(_FIRST, _LAST), {})),
    State("accounts", "none", partial(accounts_page, (), FormState())),
    State("accounts", "saved", partial(accounts_page, CHART, FormState(), done=True)),
)
