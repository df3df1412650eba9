"""Refusals about what products let their holders do."""

from typing import Final

from zone.core.errors import declare

NO_PASS_TO_ENTITLE: Final = declare(
    "no_pass_to_entitle",
    409,
    "This product gives no pass by itself. Set what the parts of a bundle give at each of them.",
)
