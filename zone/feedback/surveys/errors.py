"""What may be wrong with a survey or its draft."""

from zone.core.errors import declare

SURVEY_EXISTS = declare(
    "survey_exists",
    409,
    "There is already a survey with that code or for that round. Choose another code or round.",
    constraints=("uq_survey_code", "uq_survey_year"),
    fields=("wave", "year"),
)
SURVEY_MISMADE = declare(
    "survey_mismade",
    422,
    "A survey needs exactly one key question graded 1 to 5, questions with different codes, and "
    "must close after "
    "it opens.",
)
SURVEY_DATES_PASSED = declare(
    "survey_dates_passed",
    422,
    "The survey's last day has already passed. Change the days in the draft and publish it then.",
    fields=("closes_on",),
)
