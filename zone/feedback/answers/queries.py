"""Surveys as one person sees them, for pages and JSON."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.i18n import LANGUAGES
from zone.feedback.answers.models import Participation
from zone.feedback.answers.views import OpenSurvey, QuestionView, SurveyView, words_of
from zone.feedback.surveys import queries as surveys_queries
from zone.feedback.surveys.models import Survey, SurveyQuestion
from zone.feedback.surveys.queries import is_for, is_open
from zone.feedback.surveys.rules import NewSurvey


def answerable(session: Session, member_id: int, now: datetime) -> list[Survey]:
    """Return the open surveys that a person may answer and has not answered yet."""
    query = (
        select(Survey)
        .where(Survey.opens_at <= now, Survey.closes_at > now)
        .order_by(Survey.closes_at)
    )
    return [
        survey
        for survey in session.scalars(query)
        if is_open(session, survey, now)
        and not has_answered(session, survey.id, member_id)
        and is_for(session, survey, member_id, now)
    ]


def has_answered(session: Session, survey_id: int, member_id: int) -> bool:
    """Whether a person has answered a survey; False once it is closed."""
    return session.get(Participation, (survey_id, member_id)) is not None


def survey_view(
    session: Session, code: str, member_id: int, language: str, now: datetime
) -> SurveyView:
    """Return a survey for one person, in `language` (fi, sv or en).

    Raises:
        DomainError: not_found.
    """
    row = surveys_queries.survey_by_code(session, code)
    questions = [_question(item, language) for item in surveys_queries.questions(session, row.id)]
    campuses = surveys_queries.campus_names(session) if row.by_campus else {}
    return SurveyView(
        row.id,
        row.code,
        words_of(row, "title", language),
        row.wave,
        row.year,
        row.opens_at,
        row.closes_at,
        _state(session, row, member_id, now),
        questions,
        campuses,
    )


def open_surveys(session: Session, member_id: int, now: datetime) -> list[OpenSurvey]:
    """Return the surveys that a person may answer now, with their titles in all languages."""
    return [
        OpenSurvey(
            row.code, {"fi": row.title_fi, "sv": row.title_sv, "en": row.title_en}, row.closes_at
        )
        for row in answerable(session, member_id, now)
    ]


def preview_of(session: Session, new: NewSurvey, language: str) -> SurveyView:
    """Return a draft as people will see it once it is open."""
    index = LANGUAGES.index(language)
    questions = [
        QuestionView(item.code, item.kind, item.is_key, item.texts[index]) for item in new.questions
    ]
    return SurveyView(
        0,
        new.code,
        new.titles[index],
        new.wave,
        new.year,
        new.opens_at,
        new.closes_at,
        "open",
        questions,
        surveys_queries.campus_names(session) if new.by_campus else {},
    )


def _question(row: SurveyQuestion, language: str) -> QuestionView:
    return QuestionView(row.code, row.kind, row.is_key, words_of(row, "text", language))


def _state(session: Session, survey: Survey, member_id: int, now: datetime) -> str:
    if now < survey.opens_at:
        return "not_yet"
    if not surveys_queries.is_open(session, survey, now):
        return "closed"
    if has_answered(session, survey.id, member_id):
        return "answered"
    return "open" if surveys_queries.is_for(session, survey, member_id, now) else "not_for_you"


def own_participations(member_id: int) -> Select[*tuple[Any, ...]]:
    """Select the open surveys that a member has answered, for the export of their data."""
    return (
        select(Survey.code)
        .join(Participation, Participation.survey_id == Survey.id)
        .where(Participation.member_id == member_id)
    )
