"""Refusals of credit notes."""

from typing import Final

from zone.core.errors import declare

CREDIT_TOO_HIGH: Final = declare(
    "credit_too_high",
    409,
    "Of a line you can give back at most what is left of it. Open the receipt again: somebody may "
    "have just given a part back.",
    constraints=("ck_credited_line_credited",),
    fields=("amount",),
)
