"""Refusals when the desk replaces a lost phone."""

from typing import Final

from zone.core.errors import declare

LOSS_FEE_DUE: Final = declare(
    "loss_fee_due",
    409,
    "There is a fee for the lost phone, or it has changed since it was shown. Nothing was changed. "
    "Look at the fee, take the money, and send it again.",
)
