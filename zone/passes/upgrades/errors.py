"""Refusals of an upgrade."""

from typing import Final

from zone.core.errors import declare

NO_UPGRADE: Final = declare(
    "no_upgrade",
    409,
    "This pass cannot be upgraded to that one. Look at what is offered for it in the shop.",
)
