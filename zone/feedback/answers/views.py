"""What the page and the JSON of a survey show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.feedback.surveys.models import Survey, SurveyQuestion


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question in the reader's language."""

    code: str
    kind: str
    is_key: bool
    text: str


@dataclass(frozen=True, slots=True)
class SurveyView:
    """A survey in the reader's language.

    `state` is not_yet, open, answered, not_for_you or closed.
    """

    id: int
    code: str
    title: str
    wave: str
    year: int
    opens_at: datetime
    closes_at: datetime
    state: str
    questions: Sequence[QuestionView]
    campuses: dict[str, str]


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """A survey that a person may answer; `title` is in fi, sv and en."""

    code: str
    title: dict[str, str]
    closes_at: datetime


def words_of(row: Survey | SurveyQuestion, name: str, language: str) -> str:
    """Return the `title` of a survey or the `text` of a question in one language."""
    return str(getattr(row, f"{name}_{language}"))
