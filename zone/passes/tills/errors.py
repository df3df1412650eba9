"""Refusals of tills."""

from typing import Final

from zone.core.errors import declare

TILL_CLOSED: Final = declare(
    "till_closed",
    409,
    "Cash needs an open till. Open the till on the page Tills with the cash that is in it, and "
    "then try again.",
)
TILL_OPEN: Final = declare(
    "till_open",
    409,
    "This till is open already, perhaps by a colleague. Look at it before you open it again.",
    constraints=("uq_till_day_till_id_number",),
)
TILL_MISSING: Final = declare(
    "till_missing",
    409,
    "More than one till is open. Say into which of them the money goes.",
    fields=("till",),
)
TILL_CHANGED: Final = declare(
    "till_changed",
    409,
    "Money has moved in this till since you looked. Compare again what is expected, count, and "
    "then close.",
    constraints=("uq_till_close_till_day_id",),
)
TILL_EXISTS: Final = declare(
    "till_exists",
    409,
    "There is a till with this code already. Choose another code.",
    constraints=("uq_till_code",),
    fields=("code",),
)
SERIES_TAKEN: Final = declare(
    "series_taken",
    409,
    "Other receipts have this code before their numbers already. Choose another code.",
    constraints=("uq_receipt_series_code",),
    fields=("series",),
)
DIFFERENCE_REASON: Final = declare(
    "difference_reason",
    409,
    "What was counted is not what is expected. Count again, or say why.",
    constraints=("ck_till_count_reason",),
)
TILL_SHORT: Final = declare(
    "till_short",
    409,
    "There is less cash in the till than has to be given back. Put cash into it first, on the page "
    "Tills.",
)
CASH_TOO_LOW: Final = declare(
    "cash_too_low",
    409,
    "There is not so much cash in the till. Look at what is expected in it.",
    fields=("euros",),
)
