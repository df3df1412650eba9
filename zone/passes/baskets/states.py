"""The states of the page of the basket, from invented values."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from zone.core.errors import DomainError
from zone.passes.baskets.pages import show_basket
from zone.passes.baskets.queries import BasketLineView, BasketView
from zone.passes.baskets.rules import ShownLine
from zone.passes.baskets.views import BasketPage, changes_of
from zone.passes.catalogue.models import Product
from zone.passes.orders.rules import ShownQuote
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.quotes.queries import Quote
from zone.web.forms import FormState
from zone.web.states import State

FIRST, LAST = date(2027, 1, 11), date(2027, 5, 28)


def _line(
    code: str, name: str, cents: int, *, off: int = 0, sold_out: bool = False
) -> BasketLineView:
    names = {"fi": name, "sv": name, "en": name}
    product = Product(
        id=len(code),
        code=code,
        kind="sports_pass",
        duration="season",
        entitlements=["gym", "class", "court"],
        campuses=[],
        name_fi=name,
        name_sv=name,
        name_en=name,
    )
    if sold_out:
        return BasketLineView(code, names, None, DomainError(SOLD_OUT))
    quote = Quote(product, "metropolia", "student", cents, "EUR", 1350, FIRST, LAST)
    return BasketLineView(code, names, quote, None, off)


def _basket(lines: Sequence[BasketLineView], code: str | None = None) -> str:
    return show_basket(BasketPage(BasketView(lines, code, None), []), FormState())


def _changed() -> str:
    basket = BasketView([_line("sports-term", "Sports pass, one term", 4500)], None, None)
    before = str(ShownLine("sports-term", ShownQuote(3900, FIRST, LAST), "gym@"))
    return show_basket(BasketPage(basket, [], changes_of(basket, [before])), FormState())


TERM: Final = _line("sports-term", "Sports pass, one term", 4500, off=450)
VISIT: Final = _line("visit", "Kertakäynti", 500, off=50)

CAMP: Final = _line("camp", "Camp in July", 0, sold_out=True)

STATES: Final = (
    State("basket", "empty", partial(_basket, [])),
    State("basket", "two-with-a-code", partial(_basket, [TERM, VISIT], "SPRING-27")),
    State("basket", "changed", _changed),
    State("basket", "one-sold-out", partial(_basket, [CAMP])),
)
