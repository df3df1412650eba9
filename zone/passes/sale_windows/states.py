"""The states of the managers' page of when a product is sold, from invented values."""

from datetime import UTC, datetime
from functools import partial
from typing import Final

from zone.passes.sale_windows.pages import sale_page
from zone.web.forms import FormState
from zone.web.states import State

NAMES: Final = {"fi": "Kesäpassi", "sv": "Sommarkort", "en": "Summer pass"}
OPENS: Final = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
CLOSES: Final = datetime(2026, 6, 30, 20, 59, tzinfo=UTC)
_EMPTY: Final = FormState({"product": "summer"})

STATES: Final = (
    State("sale-windows", "none", partial(sale_page, "summer", NAMES, [], _EMPTY)),
    State(
        "sale-windows",
        "some",
        partial(sale_page, "summer", NAMES, [(OPENS, CLOSES), (CLOSES, None)], _EMPTY, done=True),
    ),
)
