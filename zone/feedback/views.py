"""A survey as a person sees it, for its page and for its JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.text import LANGUAGES
from zone.feedback import queries
from zone.feedback.models import Survey, SurveyQuestion
from zone.feedback.service import NewSurvey


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
    campuses = queries.campus_names(session) if row.by_campus else {}
    return SurveyView(
        row.id, row.code, words_of(row, "title", language), row.wave, row.year, row.opens_at, row.closes_at,
        _state(session, row, member_id, now), questions, campuses,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """A survey that waits for a person's answer; `title` is in fi, sv and en."""

    code: str
    title: dict[str, str]
    closes_at: datetime


def open_surveys(session: Session, member_id: int, now: datetime) -> list[OpenSurvey]:
    """The surveys that a person may answer now and has not answered yet."""
    return [
        OpenSurvey(row.code, {"fi": row.title_fi, "sv": row.title_sv, "en": row.title_en}, row.closes_at)
        for row in queries.answerable(session, member_id, now)
    ]


def words_of(row: Survey | SurveyQuestion, name: str, language: str) -> str:
    """The `title` of a survey or the `text` of a question in one of its languages."""
    return str(getattr(row, f"{name}_{language}"))


def preview_of(session: Session, new: NewSurvey, language: str) -> SurveyView:
    """A draft as people will see it once it is open."""
    at = LANGUAGES.index(language)
    questions = [QuestionView(item.code, item.kind, item.is_key, item.texts[at]) for item in new.questions]
    return SurveyView(
        0, new.code, new.titles[at], new.wave, new.year, new.opens_at, new.closes_at, "open", questions,
        queries.campus_names(session) if new.by_campus else {},
    )  # fmt: skip


def _question(row: SurveyQuestion, language: str) -> QuestionView:
    return QuestionView(row.code, row.kind, row.is_key, words_of(row, "text", language))


def _state(session: Session, survey: Survey, member_id: int, now: datetime) -> str:
    if now < survey.opens_at:
        return "not_yet"
    if not queries.is_open(session, survey, now):
        return "closed"
    if queries.has_answered(session, survey.id, member_id):
        return "answered"
    return "open" if queries.is_for(session, survey, member_id, now) else "not_for_you"
