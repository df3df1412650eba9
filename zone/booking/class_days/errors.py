"""Why a day of a weekly class cannot be left out or put back."""

from zone.core.errors import declare

NOT_A_DAY_OF_IT = declare(
    "not_a_day_of_it",
    422,
    "The class is not held on this day, or the day is over. Choose one of its days to come.",
    fields=("day",),
)
