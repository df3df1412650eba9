"""Results of closed surveys, of LEAST_SHOWN answers or more."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.feedback.answers.models import SurveyAnswer
from zone.feedback.results.rules import (
    LEAST_SHOWN,
    AnswerSummary,
    cell_of,
    cells_by,
    hidden_groups,
    sizes_of,
)
from zone.feedback.surveys.models import Survey, SurveyQuestion
from zone.feedback.surveys.queries import closed_at, questions


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """An answer to the key question; no grade means "can't say"."""

    id: uuid.UUID
    grade: int | None
    campus: str | None


@dataclass(frozen=True, slots=True)
class WaveResults:
    """The answers to the key question of one wave that were recorded by the as-of time.

    `closed_at` is None while the wave is open; then there are no answers. `campuses` holds the
    groups that may be shown; "" is the group of those who named no campus.
    """

    survey_id: int
    wave: str
    year: int
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    answers: Sequence[KeyAnswer]
    campuses: dict[str, AnswerSummary]

    @property
    def cell(self) -> AnswerSummary:
        """The summary of all answers to the key question."""
        return cell_of([answer.grade for answer in self.answers])


@dataclass(frozen=True, slots=True)
class QuestionResults:
    """All answers to a question; no cell and no words where fewer than LEAST_SHOWN gave one."""

    question: SurveyQuestion
    n: int
    cell: AnswerSummary | None
    words: tuple[str, ...]


def wave_results(session: Session, survey_id: int, as_of: datetime) -> WaveResults:
    """Return the answers to the key question of a survey; none while it is open.

    Raises:
        DomainError: not_found.
    """
    survey = session.get(Survey, survey_id)
    if survey is None:
        raise DomainError(NOT_FOUND)
    closing = closed_at(session, survey_id, as_of)
    # While answers are added, the difference of two readings would be the newest answers.
    answers = [] if closing is None else _key_answers(session, survey_id, as_of)
    return WaveResults(
        survey.id,
        survey.wave,
        survey.year,
        survey.opens_at,
        survey.closes_at,
        closing,
        answers,
        _campuses(answers),
    )


def _key_answers(session: Session, survey_id: int, as_of: datetime) -> list[KeyAnswer]:
    query = (
        select(SurveyAnswer.id, SurveyAnswer.grade, SurveyAnswer.campus)
        .join(SurveyQuestion, SurveyQuestion.id == SurveyAnswer.question_id)
        .where(
            SurveyAnswer.survey_id == survey_id,
            SurveyQuestion.is_key,
            SurveyAnswer.recorded_at <= as_of,
        )
    )
    return sorted((KeyAnswer(*row) for row in session.execute(query)), key=lambda answer: answer.id)


def _campuses(answers: Sequence[KeyAnswer]) -> dict[str, AnswerSummary]:
    if len(answers) < LEAST_SHOWN:
        return {}
    cells = cells_by([(answer.campus or "", answer.grade) for answer in answers])
    hidden = hidden_groups(sizes_of(cells))
    return {name: cell for name, cell in sorted(cells.items()) if name not in hidden}


def all_results(session: Session, survey_id: int, as_of: datetime) -> list[QuestionResults]:
    """Return every question of a survey with its figures; nothing while it is open."""
    if closed_at(session, survey_id, as_of) is None:
        return []
    query = (
        select(SurveyAnswer)
        .where(SurveyAnswer.survey_id == survey_id, SurveyAnswer.recorded_at <= as_of)
        .order_by(SurveyAnswer.id)
    )
    answers = list(session.scalars(query))
    return [
        _question_results(
            question, [answer for answer in answers if answer.question_id == question.id]
        )
        for question in questions(session, survey_id)
    ]


def _question_results(question: SurveyQuestion, answers: Sequence[SurveyAnswer]) -> QuestionResults:
    if len(answers) < LEAST_SHOWN:
        return QuestionResults(question, len(answers), None, ())
    cell = cell_of([answer.grade for answer in answers]) if question.kind == "grade" else None
    return QuestionResults(
        question, len(answers), cell, tuple(a.words for a in answers if a.words is not None)
    )
