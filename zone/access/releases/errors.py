"""Refusals about when doors are open to everybody."""

from zone.core.errors import declare

RELEASE_TAKEN = declare(
    "release_taken",
    409,
    "The door already has this time on these days.",
    constraints=("uq_door_release_door_id_weekdays_opens_closes",),
)
TOO_MANY_RELEASES = declare(
    "too_many_releases",
    409,
    "A door has at most 50 of these. Remove one that is no longer needed first.",
)
TIMES_EQUAL = declare(
    "times_equal",
    422,
    "It ends when it begins. Choose two different times.",
    constraints=("ck_door_release_times", "ck_door_release_day_times"),
)
