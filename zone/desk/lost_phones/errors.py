"""Refusals when the desk replaces a lost phone."""

from typing import Final

from zone.core.errors import declare

LOSS_FEE_DUE: Final = declare(
    "loss_fee_due",
    409,
    "There is a fee for the lost phone, or it has changed since it was shown. Nothing was changed. "
    "Look at the fee, take the money, and send it again.",
)
LOSS_FEE_ALONE: Final = declare(
    "loss_fee_alone",
    409,
    "This is the fee of a lost phone. Take it where you replace the phone, on the page of the "
    "person.",
)
