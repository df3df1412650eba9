"""Refusals about cost shares."""

from typing import Final

from zone.core.errors import declare

PERIOD_TAKEN: Final = declare(
    "period_taken",
    409,
    "The cost of one of these months is shared already. Choose other months.",
    constraints=("uq_cost_month_month", "uq_cost_period_first_month"),
)
SHARES_NOT_COUNTED: Final = declare(
    "shares_not_counted",
    409,
    "This period is counted ten days after its end, when the doors have sent all entries. "
    "Come back then.",
)
SHARES_FIXED: Final = declare(
    "shares_fixed", 409, "This report is fixed, so its cost does not change any more."
)
NOTHING_TO_SHARE_BY: Final = declare(
    "nothing_to_share_by",
    409,
    "Nothing by which the cost could be shared was counted in this period. Look at the weights.",
)
