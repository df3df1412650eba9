"""The states of the page of VAT rates, from invented values."""

from datetime import date
from functools import partial
from typing import Final

from zone.passes.catalogue.rules import VAT_CATEGORIES, DatedRate
from zone.passes.vat_rates.pages import rates_page
from zone.passes.vat_rates.queries import RatesOfCategory
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
SOME: Final = (
    RatesOfCategory(
        "exercise",
        [
            DatedRate(date(2027, 7, 1), 1400),
            DatedRate(date(2026, 1, 1), 1350),
            DatedRate(date(2013, 1, 1), 1000),
        ],
    ),
    RatesOfCategory("coaching", [DatedRate(date(2024, 9, 1), 2550)]),
    RatesOfCategory("other", []),
)
NONE: Final = tuple(RatesOfCategory(name, []) for name in VAT_CATEGORIES)

STATES: Final = (
    State("vat-rates", "none", partial(rates_page, NONE, FormState(), TODAY)),
    State("vat-rates", "some", partial(rates_page, SOME, FormState(), TODAY)),
    State(
        "vat-rates", "read-only", partial(rates_page, SOME, FormState(), TODAY, may_change=False)
    ),
)
