"""A survey as a person sees it, for its page and for its JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.feedback import queries
from zone.feedback.models import Survey, SurveyQuestion
from zone.places.queries import campuses


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question in the reader's language."""

    code: str
    kind: str
    is_key: bool
    text: str


@dataclass(frozen=True, slots=True)
class SurveyView:
    """A survey in the reader's language; `state` is not_yet, open, answered, not_for_you or closed."""

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


def survey_view(session: Session, code: str, member_id: int, language: str, now: datetime) -> SurveyView:
    """A survey for one person, in `language` (fi, sv or en).

    Raises:
        DomainError: not_found.
    """
    row = queries.survey_by_code(session, code)
    questions = [_question(item, language) for item in queries.questions(session, row.id)]
    campuses = _campuses(session) if row.by_campus else {}
    return SurveyView(
        row.id, row.code, words_of(row, "title", language), row.wave, row.year, row.opens_at, row.closes_at,
        _state(session, row, member_id, now), questions, campuses,
    )  # fmt: skip


def words_of(row: Survey | SurveyQuestion, name: str, language: str) -> str:
    """The `title` of a survey or the `text` of a question in one of its languages."""
    return str(getattr(row, f"{name}_{language}"))


def _question(row: SurveyQuestion, language: str) -> QuestionView:
    return QuestionView(row.code, row.kind, row.is_key, words_of(row, "text", language))


def _campuses(session: Session) -> dict[str, str]:
    return {campus.code: campus.name for campus in campuses(session)}


def _state(session: Session, survey: Survey, member_id: int, now: datetime) -> str:
    if now < survey.opens_at:
        return "not_yet"
    if not queries.is_open(session, survey, now):
        return "closed"
    if queries.has_answered(session, survey.id, member_id):
        return "answered"
    return "open" if queries.is_for(session, survey, member_id, now) else "not_for_you"
