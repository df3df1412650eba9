"""What the pages of surveys show. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from zone.core.i18n import LANGUAGES
from zone.feedback.answers.views import words_of
from zone.feedback.results.queries import QuestionResults
from zone.feedback.results.rules import PublishedSummary, shown_mean
from zone.feedback.surveys.rules import MOST_QUESTIONS

BLANK_QUESTIONS: Final = 2
"""Empty questions at the end of the form; one that stays empty is not asked."""


def question_rows(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the questions of a draft with empty ones at the end, at most MOST_QUESTIONS."""
    empty = {"kind": "grade", "is_key": False, "text": dict.fromkeys(LANGUAGES, "")}
    return [*content["questions"], *[empty] * BLANK_QUESTIONS][:MOST_QUESTIONS]


@dataclass(frozen=True, slots=True)
class ResultView:
    """The results of a question: hidden, a mean with its bar (0 to 100), or the texts."""

    text: str
    is_grade: bool
    hidden: bool
    n: int | None
    graded: int | None
    mean: Decimal | None
    bar: Decimal | None
    texts: Sequence[str]


def result_view(result: QuestionResults, language: str) -> ResultView:
    """Return the results of a question in the reader's language."""
    mean = result.cell.mean if result.cell else None
    return ResultView(
        text=words_of(result.question, "text", language),
        is_grade=result.cell is not None,
        hidden=result.n is None or (result.cell is not None and is_hidden(result.cell)),
        n=result.n,
        graded=result.cell.graded if result.cell else None,
        mean=None if mean is None else shown_mean(mean),
        # The best grade, 5, fills the bar: 5 × 20 = 100.
        bar=None if mean is None else round(mean * 20, 1),
        texts=result.words,
    )


def is_hidden(cell: PublishedSummary) -> bool:
    """Whether nothing but the number of answers is published."""
    return cell.graded is None and cell.mean is None
