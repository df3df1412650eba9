"""The states of the page of taking over passes, from invented values."""

from datetime import date
from functools import partial
from typing import Final

from zone.passes.takeover.errors import CELL_DAY, ROW_PRODUCT
from zone.passes.takeover.pages import takeover_page
from zone.passes.takeover.rules import RowFault, SoldPass, TakeoverPlan
from zone.web.states import State

_PASS: Final = SoldPass(
    2, "A-1001", "maija@example.fi", "term-pass", date(2026, 8, 31), date(2026, 12, 31)
)
_FAULTS: Final = (
    RowFault(3, CELL_DAY, {"column": "valid_until"}),
    RowFault(7, ROW_PRODUCT, {"code": "vuosikortti"}),
)
_PLAN: Final = TakeoverPlan((_PASS,), 12, _FAULTS, 1)

STATES: Final = (
    State("takeover", "empty", takeover_page),
    State("takeover", "preview", partial(takeover_page, _PLAN, packed="eJw=")),
    State("takeover", "done", partial(takeover_page, _PLAN.after(1), done=True)),
)
