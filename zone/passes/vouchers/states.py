"""The states of the managers' page of discount codes, from invented values."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from zone.passes.vouchers.pages import vouchers_page
from zone.passes.vouchers.queries import VoucherView
from zone.web.forms import FormState
from zone.web.states import State

FIRST, TODAY, LAST = date(2027, 1, 1), date(2027, 2, 1), date(2027, 5, 31)
ENDED: Final = datetime(2027, 1, 20, 9, tzinfo=UTC)
SOME: Final = (
    VoucherView("FRESHERS-27", "Freshers", 1500, None, [], 12, 100, FIRST, LAST, None),
    VoucherView("K7MQ2XWE9P", "Complaint", None, 500, ["gym-month"], 1, 1, FIRST, None, None),
    VoucherView("OLD-27", "Old", 5000, None, [], 3, 10, FIRST, LAST, ENDED),
)
PRODUCTS: Final = (("gym-month", "Gym pass, one month"), ("sports-term", "Sports pass, one term"))

STATES: Final = (
    State("vouchers", "none", partial(vouchers_page, [], (), FormState({}), TODAY)),
    State(
        "vouchers", "some", partial(vouchers_page, SOME, PRODUCTS, FormState({}), TODAY, done=True)
    ),
)
