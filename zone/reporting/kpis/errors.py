"""Refusals of figures and targets."""

from zone.core.errors import declare

NO_TARGETS = declare(
    "no_targets",
    404,
    "There were no targets for that year at that time. The first target year is 2021.",
)
AS_OF_AHEAD = declare(
    "as_of_ahead",
    422,
    "That time is in the future. Choose a moment that has passed.",
)
TARGET_UNKNOWN = declare(
    "target_unknown",
    422,
    "The targets are A, B and C. Check the key.",
    constraints=("ck_target_key",),
)
