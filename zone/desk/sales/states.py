"""The states of the page that sells several products, with an invented person."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from zone.core.clock import utc_now
from zone.desk.live_doors.queries import Board
from zone.desk.people.views import SaleChoice, SaleChoices
from zone.desk.sales.pages import sale_page
from zone.desk.sales.queries import PricedProduct, SalePrice
from zone.passes.orders.errors import OFFER_CHANGED
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

FIRST, LAST = date(2027, 1, 11), date(2027, 5, 28)
TERM: Final = {"fi": "Liikuntapassi", "sv": "Motionskort", "en": "Sports pass"}
CARD: Final = {"fi": "Kadonnut kortti", "sv": "Borttappat kort", "en": "Lost card"}
SALE: Final = SaleChoices(
    [
        SaleChoice(f"term:4500:{FIRST}:{LAST}", TERM, 4500, FIRST, LAST),
        SaleChoice(f"lost-card:500:{FIRST}:{FIRST}", CARD, 500, FIRST, None),
    ],
    None,
)
PRICE: Final = SalePrice(
    [PricedProduct("term", TERM, 4500, 450), PricedProduct("lost-card", CARD, 500, 50)]
)
CHOSEN: Final[Mapping[str, Any]] = {
    "lines": [choice.value for choice in SALE.choices],
    "voucher": "SPRING-27",
}


def _page(form: FormState) -> str:
    tills = [("desk-1", "Myyrmäki"), ("desk-2", "Myllypuro")]
    return sale_page(
        Board(utc_now(), [], [], 41, []), uuid.UUID(int=7), "Milo Olematon", SALE, tills, form
    )


def _changed() -> str:
    return _page(FormState(CHOSEN, messages=(OFFER_CHANGED.text(language(), {}),)))


STATES: Final = (
    State("desk-sale", "first", lambda: _page(FormState())),
    State("desk-sale", "priced", lambda: _page(FormState(CHOSEN, preview=PRICE))),
    State("desk-sale", "changed", _changed),
)
