"""Refusals about opening hours."""

from zone.core.errors import declare

DAY_ALREADY_SET = declare(
    "day_already_set",
    409,
    "This day already has other hours. Look at them, and replace them if you want to.",
    constraints=("uq_opening_exception_campus_id_day",),
    fields=("day",),
)
DAY_PAST = declare(
    "day_past",
    409,
    "This day is over, so its hours cannot be changed any more. Choose a day to come.",
    fields=("valid_from",),
)
HOURS_INVALID = declare(
    "hours_invalid",
    422,
    "Give an opening and a closing time that differ, or leave both out when the place is "
    "closed. A closing time before the opening time is one of the next day.",
    constraints=(
        "ck_opening_exception_both",
        "ck_opening_exception_order",
        "ck_opening_hours_order",
        "ck_opening_hours_weekday",
    ),
    fields=("opens", "closes"),
)
HOURS_ALREADY_SET = declare(
    "hours_already_set",
    409,
    "This weekday already has hours from the same day and time on. Choose another first day.",
    constraints=("uq_opening_hours_campus_id_weekday_valid_from_opens",),
    fields=("valid_from",),
)
