"""Refusals about the service's own data."""

from typing import Final

from zone.core.errors import declare

ACCENT_UNREADABLE: Final = declare(
    "accent_unreadable",
    422,
    "This colour cannot be read on white: the contrast has to be at least 4.5 : 1. "
    "Choose a darker one.",
    fields=("accent",),
)
