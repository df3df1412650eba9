"""Refusals of giving a pass without payment."""

from typing import Final

from zone.core.errors import declare

NOT_TO_GIVE: Final = declare(
    "not_to_give",
    409,
    "This pass is sold, not given. Choose a companion's, guest, complimentary or test pass.",
    fields=("product",),
)
GIVEN_ENOUGH: Final = declare(
    "given_enough",
    409,
    "You have given {most} passes today, and may give no more. Ask a colleague, or give it "
    "tomorrow.",
)
