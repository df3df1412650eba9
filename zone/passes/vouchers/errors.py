"""Refusals about discount codes."""

from typing import Final

from zone.core.errors import ErrorCode, declare

VOUCHER_UNKNOWN: Final = declare(
    "voucher_unknown",
    422,
    "There is no such discount code. Check how it is written.",
    fields=("voucher",),
)
VOUCHER_CLOSED: Final = declare(
    "voucher_closed",
    409,
    "This discount code is not valid today. Take it out, and order without it.",
)
VOUCHER_USED_UP: Final = declare(
    "voucher_used_up",
    409,
    "This discount code has been used as many times as it may be. Take it out, and order without "
    "it.",
)
VOUCHER_OF_OTHERS: Final = declare(
    "voucher_of_others",
    409,
    "This discount code is for other products than those that you are buying.",
)
VOUCHER_EXISTS: Final = declare(
    "voucher_exists",
    409,
    "There is a discount code like this already. Choose another code.",
    constraints=("uq_voucher_digest",),
    fields=("code",),
)

OF_CODE: Final[tuple[ErrorCode, ...]] = (
    VOUCHER_UNKNOWN,
    VOUCHER_CLOSED,
    VOUCHER_USED_UP,
    VOUCHER_OF_OTHERS,
)
"""The refusals of an order with a code."""
