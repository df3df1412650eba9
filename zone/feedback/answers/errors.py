"""What may go wrong when a survey is answered."""

from zone.core.errors import declare

SURVEY_NOT_OPEN = declare(
    "survey_not_open",
    409,
    "This survey takes no answers right now. The next one opens in April or November.",
)
SURVEY_NOT_FOR_YOU = declare(
    "survey_not_for_you",
    403,
    "This survey is for those who have had a pass this term, or whose right to use the service "
    "is proven. If that "
    "is you, sign in with the address that the pass was bought with.",
)
SURVEY_ANSWERED = declare(
    "survey_answered",
    409,
    "You have already answered this survey, thank you. An answer cannot be changed: nobody can "
    "tell which is yours.",
    constraints=("pk_survey_participation",),
)
SURVEY_ANSWER_INVALID = declare(
    "survey_answer_invalid",
    422,
    "Answer the graded questions with 1 to 5 or choose “can't say”; free text may have at most "
    "{longest} "
    "characters. Check: {questions}.",
)
SURVEY_KEY_MISSING = declare(
    "survey_key_missing",
    503,
    "The survey's key is not on this server. The answers are safe; put the key file back into "
    "the keys folder.",
)
