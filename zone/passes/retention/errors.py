"""Refusals of rules of bookkeeping."""

from typing import Final

from zone.core.errors import declare

BOOKKEEPING_IN_THE_PAST: Final = declare(
    "bookkeeping_in_the_past",
    409,
    "Rules of bookkeeping begin today or later. Choose a later day.",
    fields=("valid_from",),
)
