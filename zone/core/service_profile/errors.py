"""Refusals about the service's own data."""

from typing import Final

from zone.core.errors import declare

LOGO_UNREADABLE: Final = declare(
    "logo_unreadable",
    422,
    "This file cannot be read as a picture. Choose a PNG, JPEG or WebP picture with sides of at "
    "most 4 096 pixels.",
    fields=("logo",),
)
ACCENT_UNREADABLE: Final = declare(
    "accent_unreadable",
    422,
    "This colour cannot be read on white: the contrast has to be at least 4.5 : 1. "
    "Choose a darker one.",
    fields=("accent",),
)
