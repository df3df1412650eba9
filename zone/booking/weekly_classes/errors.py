"""Why a weekly class cannot be planned."""

from zone.core.errors import declare

CLASS_OVER = declare(
    "class_over",
    422,
    "No session of it would still be to come. Choose a last day that leaves at least one.",
    fields=("from_day",),
)
NOT_AN_INSTRUCTOR = declare(
    "not_an_instructor",
    422,
    "This person does not have the role of instructor. Choose an instructor, or grant the role "
    "first.",
    fields=("instructor",),
)
