"""Why a change of the booking policy is refused."""

from zone.core.errors import declare

POLICY_INVALID = declare(
    "policy_invalid",
    422,
    "The numbers do not fit together. The shortest booking of a space is at most the longest, "
    "the step divides a day evenly, and buffers are multiples of five minutes. Booking opens "
    "before it closes, and some length that is allowed is a multiple of the step. Some numbers "
    "are the same for all classes or all groups.",
    constraints=(
        "ck_booking_policy_percent",
        "ck_booking_policy_step",
        "ck_booking_policy_length",
        "ck_booking_policy_around",
        "ck_booking_policy_promote",
        "ck_booking_policy_offer",
        "ck_booking_policy_marks",
        "ck_booking_policy_affiliated_as",
        "ck_booking_policy_by_activity",
        "ck_booking_policy_by_group",
    ),
)
