"""Refusals of mending a difference with a payment provider."""

from typing import Final

from zone.core.errors import declare

NO_FIX: Final = declare(
    "no_fix",
    409,
    "This difference cannot be mended by one click. Look at the provider's own pages, and write "
    "here what was done.",
)
FIX_WAITS: Final = declare(
    "fix_waits",
    409,
    "This waits for a second person already. It has to be decided first.",
)
