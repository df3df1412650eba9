"""What makes an answer sheet valid. Pure."""

from collections.abc import Mapping
from typing import Final

from zone.core.errors import DomainError
from zone.core.text import clean_text
from zone.feedback.answers.errors import SURVEY_ANSWER_INVALID
from zone.feedback.surveys.rules import NewQuestion

BATCH: Final = 20
"""Boxes are opened at least this many at a time, but for the last ones at closing."""
LONGEST: Final = 1000
"""Characters of free text."""

CANT_SAY: Final = "cant_say"

AnswerSheet = Mapping[str, int | str]
"""Answers by question code: 1…5 or "cant_say" for a grade, words for a text."""


def check_sheet(questions: Mapping[str, NewQuestion], given: AnswerSheet) -> dict[str, int | str]:
    """The sheet as it will be kept: unknown questions refused, empty texts left out, the key question answered.

    Raises:
        DomainError: survey_answer_invalid, naming every question that is wrong.
    """
    kept = {
        code: clean_text(value) if isinstance(value, str) else value
        for code, value in given.items()
    }
    wrong = {
        code
        for code, value in kept.items()
        if code not in questions or not _valid(questions[code], value)
    }
    wrong |= {code for code, question in questions.items() if question.is_key and code not in kept}
    if wrong:
        named = ", ".join(sorted(wrong))[:200]
        raise DomainError(SURVEY_ANSWER_INVALID, params={"questions": named, "longest": LONGEST})
    return {code: value for code, value in kept.items() if value != ""}


def _valid(question: NewQuestion, value: int | str) -> bool:
    if question.kind == "text":
        return isinstance(value, str) and len(value) <= LONGEST
    return value == CANT_SAY or (type(value) is int and 1 <= value <= 5)
