"""Refusals about the terms of sale."""

from typing import Final

from zone.core.errors import declare

TERMS_CHANGED: Final = declare(
    "terms_changed",
    409,
    "The terms of sale have changed since they were shown. You were not charged. Read the new "
    "ones, and then continue.",
)
TERMS_IN_THE_PAST: Final = declare(
    "terms_in_the_past",
    409,
    "New terms begin today or later: what was agreed to under the old ones stays. Choose a later "
    "day.",
    fields=("valid_from",),
)
