"""Refusals of using or replacing a pass."""

from typing import Final

from zone.core.errors import declare

PASS_NOT_YET: Final = declare(
    "pass_not_yet",
    409,
    "The pass has not started yet. Take it into use on its first day; the first visit does it "
    "for you.",
)
PASS_EXPIRED: Final = declare(
    "pass_expired",
    409,
    "The pass has expired. Buy a new one.",
)
PASS_PAUSED: Final = declare(
    "pass_paused",
    409,
    "The pass is paused until the end of {until}. Resume it on its page, and it works at once.",
)
PASS_ENDED: Final = declare(
    "pass_ended",
    409,
    "This pass was refunded, ended or replaced by another. Open your valid pass.",
)
CANNOT_UPGRADE: Final = declare(
    "cannot_upgrade",
    409,
    "This cannot be turned into a full pass. Sell a new pass instead.",
)
