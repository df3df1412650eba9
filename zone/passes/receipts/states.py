"""The states of one's receipts, from invented values."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from zone.passes.orders.states import NAMES, NOW, RETURNED
from zone.passes.receipts.pages import list_page, receipt_page
from zone.passes.receipts.queries import (
    BuyerName,
    OrderLineView,
    OwnReceipt,
    ReceiptPage,
    ReceiptView,
)
from zone.passes.receipts.rules import UNNAMED, Seller
from zone.web.states import State

CARD: Final = {"fi": "Kadonnut kortti", "sv": "Borttappat kort", "en": "Lost card"}
SELLER: Final = Seller("Zone Campus Sports", "Esimerkkikatu 1, 00520 Helsinki", "1234567-8")
ORDER: Final = uuid.UUID(int=1)
BUYER: Final = BuyerName(uuid.UUID(int=2), "Aino Esimerkki")
CODE: Final = "/pass/printed.png"
"""A code that is there: that of who looks at the states."""
PASS_LINE: Final = OrderLineView(
    "sports-term", NAMES, "student", "arcada", 4500, Decimal("13.5"), 535
)
FEE_LINE: Final = OrderLineView("card-fee", CARD, "student", "arcada", 500, Decimal("25.5"), 102)
BACK_LINE: Final = OrderLineView(
    "sports-term", NAMES, "student", "arcada", -4500, Decimal("13.5"), -535
)


def _receipt(
    kind: str = "sale",
    lines: Sequence[OrderLineView] = (PASS_LINE,),
    *,
    seller: Seller = SELLER,
    **values: Any,
) -> str:
    cents = sum(line.cents for line in lines)
    view = ReceiptView("2026-4817", kind, cents, NOW)
    page = ReceiptPage(view, ORDER, BUYER, list(lines), seller, values.get("reason", {}))
    return receipt_page(
        page, CODE, own=values.get("own", True), at_desk=not values.get("own", True)
    )


def _own(number: int, kind: str, cents: int, at: datetime, *names: dict[str, str]) -> OwnReceipt:
    return OwnReceipt(ORDER, f"2026-{number}", kind, cents, at, list(names))


OWN: Final = (
    _own(4819, "credit", -4500, NOW, NAMES),
    _own(4818, "refund", -4500, NOW - timedelta(days=1), NAMES),
    _own(4817, "sale", 5000, NOW - timedelta(days=3), NAMES, CARD),
    _own(311, "sale", 0, NOW - timedelta(days=200), NAMES),
)

STATES: Final = (
    State("receipts", "none", partial(list_page, [])),
    State("receipts", "one", partial(list_page, OWN[2:3])),
    State("receipts", "of-each-kind", partial(list_page, OWN)),
    State("receipts", "sale", _receipt),
    State("receipts", "at-the-desk", partial(_receipt, own=False)),
    State("receipts", "sale-at-two-rates", partial(_receipt, lines=[PASS_LINE, FEE_LINE])),
    State("receipts", "sale-by-nobody-named", partial(_receipt, seller=UNNAMED)),
    State("receipts", "refund", partial(_receipt, "refund", [BACK_LINE])),
    State("receipts", "credit", partial(_receipt, "credit", [BACK_LINE], reason=RETURNED.reason)),
)
