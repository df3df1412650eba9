"""Refusals of an upgrade."""

from typing import Final

from zone.core.errors import declare

NO_UPGRADE: Final = declare(
    "no_upgrade",
    409,
    "This pass cannot be upgraded to that one. Look at what is offered for it in the shop.",
)
PASS_UPGRADED: Final = declare(
    "pass_upgraded",
    409,
    "This pass was upgraded by another order. Withdraw from the order of the upgrade first, or "
    "refund that first: the pass is then as it was before.",
)
