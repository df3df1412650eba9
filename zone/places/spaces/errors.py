"""Refusals about spaces."""

from zone.core.errors import declare

SPACE_EXISTS = declare(
    "space_exists",
    409,
    "The campus already has a space with this code. Choose another code, or change that space.",
    constraints=("uq_space_campus_id_code", "uq_part_campus_id_code"),
    fields=("code",),
)
SPACE_INVALID = declare(
    "space_invalid",
    422,
    "The numbers of the space do not fit together: the interval divides a day evenly, the "
    "shortest length is at "
    "most the longest, buffers are multiples of five minutes.",
    constraints=(
        "ck_space_capacity",
        "ck_space_companions",
        "ck_space_step",
        "ck_space_length",
        "ck_space_most",
        "ck_space_before",
        "ck_space_after",
    ),
    # The forms themselves refuse every other number that a constraint would.
    fields=("least_minutes", "most_minutes"),
)
