"""Which answers to a survey are valid. Pure."""

from collections.abc import Mapping
from typing import Final

from zone.core.errors import DomainError
from zone.core.text import clean_lines
from zone.feedback.answers.errors import SURVEY_ANSWER_INVALID
from zone.feedback.surveys.rules import NewQuestion

BATCH: Final = 20
"""The least number of sealed answers that are opened together, except for the last ones."""
LONGEST: Final = 1000
"""The most characters of a free text."""
CANT_SAY: Final = "cant_say"
"""The stored answer to a grade of a person who cannot say."""

Answers = Mapping[str, int | str]
"""Answers by the code of their question: 1 to 5 or CANT_SAY for a grade, a string for a text."""


def check_answers(questions: Mapping[str, NewQuestion], answers: Answers) -> dict[str, int | str]:
    """Return the answers as they are stored, without empty texts.

    Raises:
        DomainError: survey_answer_invalid, with the codes of all questions whose answer is wrong,
            unknown, or missing where it is the key question.
    """
    cleaned = {
        code: clean_lines(value) if isinstance(value, str) else value
        for code, value in answers.items()
    }
    wrong = {
        code
        for code, value in cleaned.items()
        if code not in questions or not _is_valid(questions[code], value)
    }
    wrong |= {
        code for code, question in questions.items() if question.is_key and code not in cleaned
    }
    if wrong:
        codes = ", ".join(sorted(wrong))[:200]  # unknown codes come from outside, of any length
        raise DomainError(SURVEY_ANSWER_INVALID, params={"questions": codes, "longest": LONGEST})
    return {code: value for code, value in cleaned.items() if value != ""}


def _is_valid(question: NewQuestion, value: int | str) -> bool:
    if question.kind == "text":
        return isinstance(value, str) and len(value) <= LONGEST
    # `type`, not `isinstance`: True is an int, and 4.0 equals 4.
    return value == CANT_SAY or (type(value) is int and 1 <= value <= 5)
