"""Refusals of dated rules of passes."""

from typing import Final

from zone.core.errors import declare

NO_LOSS_FEE: Final = declare(
    "no_loss_fee",
    422,
    "There is no such fee. Add a product of the kind “fee” first, and choose it then.",
    fields=("loss_fee",),
)
RULES_IN_THE_PAST: Final = declare(
    "rules_in_the_past",
    409,
    "Rules begin today or later: what was promised under the old ones stays. Choose a later day.",
    fields=("valid_from",),
)
