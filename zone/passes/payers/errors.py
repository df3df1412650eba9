"""Refusals about payers."""

from typing import Final

from zone.core.errors import declare

PAYER_EXISTS: Final = declare(
    "payer_exists",
    409,
    "Somebody else has just added a payer with this code. Look at it, and then save again.",
    constraints=("uq_payer_code",),
    fields=("code",),
)
