"""The states of the page of payouts, from invented values."""

from datetime import date, time
from functools import partial
from typing import Final
from uuid import UUID

from zone.core.time import from_helsinki
from zone.passes.settlements.errors import ROW_DAY
from zone.passes.settlements.pages import settlements_page
from zone.passes.settlements.queries import MissingPayment, PayoutView, SettlementDifference
from zone.passes.settlements.service import SettlementResult
from zone.passes.settlements.settlement_file import SettlementFault
from zone.web.states import State

DAY: Final = date(2026, 12, 1)
ORDER: Final = UUID(int=2)
AGREES: Final = PayoutView("paytrail", "s-1207", DAY, 120, 540000, 11160)
DIFFERS: Final = PayoutView(
    "stripe",
    "po_1",
    DAY,
    3,
    13400,
    280,
    [
        SettlementDifference("unknown_here", "4f7d2c", 4500, None, None),
        SettlementDifference("other_sum", "51aa02", 4400, 4500, ORDER),
        SettlementDifference("twice", "9c10de", 4500, 4500, ORDER),
    ],
)
MISSING: Final = MissingPayment("stripe", "77ab", 4500, from_helsinki(DAY, time(9)), ORDER)
FOUND: Final = SettlementResult(118, 2, 1, 531000, 10974, ())
FAULTY: Final = SettlementResult(
    117, 2, 1, 526500, 10881, (SettlementFault(7, ROW_DAY, {"typed": "31.12."}),)
)

STATES: Final = (
    State("books", "payouts-none", partial(settlements_page, ())),
    State("books", "payouts", partial(settlements_page, (AGREES, DIFFERS), (MISSING,), done=True)),
    State("books", "payouts-preview", partial(settlements_page, (), found=FOUND, packed="x")),
    State("books", "payouts-bad-rows", partial(settlements_page, (), found=FAULTY, packed="x")),
    State("books", "payouts-refused", partial(settlements_page, (), refusals=("Choose a file.",))),
    State("books", "payouts-only-to-read", partial(settlements_page, (AGREES,), may_change=False)),
)
