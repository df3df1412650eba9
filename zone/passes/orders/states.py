"""The states of an order before and after it is paid, from invented values."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from zone.core.errors import DomainError
from zone.core.time import from_helsinki
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.catalogue.models import Product
from zone.passes.orders.pages import show_order_page, show_review
from zone.passes.orders.queries import OrderView
from zone.passes.orders.views import OrderPage, ReviewPage, sentence_of
from zone.passes.passes.queries import PassView
from zone.passes.payments.queries import ReturnedPayment
from zone.passes.quotes.queries import Quote
from zone.passes.receipts.queries import OrderLineView, ReceiptView
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

NAMES: Final = {
    "fi": "Liikuntapassi, lukukausi",
    "sv": "Motionskort, termin",
    "en": "Sports pass, one term",
}
TODAY: Final = date(2026, 12, 1)
LATER: Final = date(2027, 3, 28)
ENDS: Final = date(2027, 7, 25)
NOW: Final = from_helsinki(TODAY, time(16, 22))
GIVES: Final = ("gym", "class", "court")


def _review(
    *, starts_on: date = TODAY, error: str | None = None, cents: int = 4500, bundle: bool = False
) -> str:
    product = Product(
        code="sports-term",
        name_fi=NAMES["fi"],
        name_sv=NAMES["sv"],
        name_en=NAMES["en"],
        entitlements=list(GIVES),
        campuses=[],
    )
    quote = Quote(product, "arcada", "student", cents, "EUR", 1350, starts_on, ENDS)
    parts = (replace(quote, cents=2500), replace(quote, cents=2000, vat_bp=2550))
    return show_review(
        ReviewPage(
            replace(quote, parts=parts) if bundle else quote,
            "Arcada",
            [],
            chosen=None,
            typed=starts_on,
            error=error,
            today=TODAY,
            onward="",
        ),
        FormState(),
    )


def _impossible_day() -> str:
    return _review(error=sentence_of(DomainError(START_TOO_SOON), language()))


def _pass(state: str, activated_at: datetime | None = None) -> PassView:
    first = LATER if state == "not_yet" else TODAY
    days = (from_helsinki(first, time()), from_helsinki(ENDS, time()))
    return PassView(UUID(int=1), "sports_pass", NAMES, GIVES, (), *days, state, activated_at)


def _order(
    state: str,
    passes: Sequence[PassView] = (),
    *,
    onward: str = "",
    unavailable: bool = False,
    outdated: bool = False,
    refund: str | None = None,
    returned: Sequence[ReturnedPayment] = (),
) -> str:
    line = OrderLineView("sports-term", NAMES, "student", "arcada", 4500, Decimal("13.5"), 535)
    receipts = [ReceiptView("2026-4817", "sale", 4500, NOW)] if passes else []
    if refund:
        receipts.append(ReceiptView("2026-4818", "refund", -4500, NOW))
    order = OrderView(
        UUID(int=1),
        state,
        [line],
        4500,
        "EUR",
        NOW,
        receipts,
        list(passes),
        list(returned),
        refund,
        outdated,
    )
    return show_order_page(
        OrderPage(order, True, [], {}, onward=onward, unavailable=unavailable), FormState()
    )


RETURNED: Final = ReturnedPayment(
    UUID(int=1),
    4500,
    {
        "fi": "Tilaus oli jo maksettu.",
        "sv": "Beställningen var redan betald.",
        "en": "The order was already paid.",
    },
    NOW,
    "2026-4819",
    "waiting",
)

STATES: Final = (
    State("buying", "review", _review),
    State("buying", "review-that-follows-a-pass", partial(_review, starts_on=LATER)),
    State("buying", "review-of-an-impossible-day", _impossible_day),
    State("buying", "review-of-a-bundle", partial(_review, bundle=True)),
    State("buying", "review-for-free", partial(_review, cents=0)),
    State("buying", "waiting-for-the-bank", partial(_order, "open")),
    State("buying", "bank-does-not-answer", partial(_order, "open", unavailable=True)),
    State("buying", "pending", partial(_order, "pending")),
    State("buying", "declined", partial(_order, "declined")),
    State("buying", "cancelled", partial(_order, "cancelled")),
    State("buying", "outdated", partial(_order, "declined", outdated=True)),
    State("buying", "paid", partial(_order, "paid", [_pass("valid", NOW)])),
    State("buying", "paid-and-not-in-use", partial(_order, "paid", [_pass("valid")])),
    State("buying", "paid-for-later", partial(_order, "paid", [_pass("not_yet")])),
    State(
        "buying",
        "paid-on-the-way-to-a-booking",
        partial(_order, "paid", [_pass("valid", NOW)], onward="/courts"),
    ),
    State(
        "buying",
        "paid-twice",
        partial(_order, "paid", [_pass("valid", NOW)], returned=[RETURNED]),
    ),
    State("buying", "refunded", partial(_order, "refunded", [_pass("refunded")], refund="done")),
)
