"""Why a session cannot be created or changed."""

from zone.core.errors import declare

SESSION_CANCELLED = declare(
    "session_cancelled",
    409,
    "This session has been cancelled. Choose another one.",
)
SESSION_ENDED = declare(
    "session_ended",
    409,
    "This has already ended. Choose a later time.",
)
SESSION_HELD = declare(
    "session_held",
    409,
    "The session has ended and cannot be changed or cancelled any more. If its record is wrong, "
    "record a correction.",
)
SESSION_NOT_ENDED = declare(
    "session_not_ended",
    409,
    "The session has not ended yet, so there is nothing to correct. Cancel it if it will not be "
    "held.",
)
CAPACITY_BELOW_BOOKED = declare(
    "capacity_below_booked",
    409,
    "Places booked already: {booked}. Choose at least {least}, or cancel the session.",
    fields=("capacity",),
)
CLASS_INVALID = declare(
    "class_invalid",
    422,
    "The session cannot be held like this. Check its kind, space, times and places: at most "
    "what the space holds.",
    constraints=(
        "ck_session_rule_kind",
        "ck_session_rule_weekdays",
        "ck_session_rule_minutes",
        "ck_session_rule_order",
        "ck_session_rule_capacity",
        "ck_session_rule_place",
        "ck_allocation_kind",
        "ck_allocation_order",
        "ck_allocation_bookable",
        "ck_allocation_place",
    ),
)
