"""The states of the page of all receipts, from invented values."""

import uuid
from functools import partial
from typing import Final

from zone.passes.numbering.queries import SeriesYear
from zone.passes.orders.states import NOW
from zone.passes.receipt_search.pages import search_page
from zone.passes.receipt_search.queries import FoundReceipt, FoundReceipts
from zone.web.states import State

_ID: Final = uuid.UUID(int=1)
SERIES: Final = (SeriesYear("", 2026, 4817, "web", NOW), SeriesYear("C", 2026, 12, "credit", NOW))
FOUND: Final = (
    FoundReceipt("C-2026-12", "refund", -1500, NOW, _ID, _ID, "Aino Esimerkki"),
    FoundReceipt("2026-4817", "sale", 4500, NOW, _ID, _ID, "Aino Esimerkki"),
)
ASKED: Final = {"text": "aino", "series": "", "year": "2026"}

STATES: Final = (
    State(
        "receipt-search", "found", partial(search_page, FoundReceipts(FOUND, None), SERIES, ASKED)
    ),
    State(
        "receipt-search",
        "more",
        partial(search_page, FoundReceipts(FOUND, "2026-1"), SERIES, ASKED),
    ),
    State("receipt-search", "none", partial(search_page, FoundReceipts((), None), (), ASKED)),
)
