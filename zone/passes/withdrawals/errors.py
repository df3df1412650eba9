"""Refusals of a withdrawal."""

from typing import Final

from zone.core.errors import declare

WITHDRAWAL_OVER: Final = declare(
    "withdrawal_over",
    409,
    "The time in which you can withdraw from this order is over. Ask at the desk, or write to us, "
    "if you want money back.",
)
