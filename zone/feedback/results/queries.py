"""Results of closed surveys, of LEAST_SHOWN answers or more."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.feedback.answers.models import SurveyAnswer
from zone.feedback.results.rules import (
    GRADES,
    LEAST_SHOWN,
    AnswerSummary,
    PublishedSummary,
    cell_of,
    cells_by,
    counted,
    published,
    published_groups,
    published_shares,
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
    """The answers to the key question of one wave, as its closing found them.

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
    campuses: dict[str, PublishedSummary]

    @property
    def cell(self) -> AnswerSummary:
        """The summary of all answers to the key question."""
        return cell_of([answer.grade for answer in self.answers])


@dataclass(frozen=True, slots=True)
class QuestionResults:
    """What is published of a question; nothing where fewer than LEAST_SHOWN answered it."""

    question: SurveyQuestion
    n: int | None
    cell: PublishedSummary | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionShares:
    """What the bar of a graded question shows: its words by language, and what is published.

    `shares` are how many percent gave 1 to 5; None where that is not published.
    """

    text: dict[str, str]
    summary: PublishedSummary
    shares: list[int] | None


def wave_results(session: Session, survey_id: int, as_of: datetime) -> WaveResults:
    """Return the answers to the key question of a survey; none while it is open.

    Raises:
        DomainError: not_found.
    """
    survey = session.get(Survey, survey_id)
    if survey is None:
        raise DomainError(NOT_FOUND)
    closing = closed_at(session, survey_id, as_of)
    # Published once: while answers are added, the difference of two readings would be the newest.
    answers = [] if closing is None else _key_answers(session, survey_id, closing)
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


def _key_answers(session: Session, survey_id: int, closing: datetime) -> list[KeyAnswer]:
    query = (
        select(SurveyAnswer.id, SurveyAnswer.grade, SurveyAnswer.campus)
        .join(SurveyQuestion, SurveyQuestion.id == SurveyAnswer.question_id)
        .where(
            SurveyAnswer.survey_id == survey_id,
            SurveyQuestion.is_key,
            SurveyAnswer.recorded_at <= closing,
        )
    )
    return sorted((KeyAnswer(*row) for row in session.execute(query)), key=lambda answer: answer.id)


def _campuses(answers: Sequence[KeyAnswer]) -> dict[str, PublishedSummary]:
    total = cell_of([answer.grade for answer in answers])
    if total.graded < LEAST_SHOWN:
        return {}
    return published_groups(cells_by([(answer.campus or "", answer.grade) for answer in answers]))


def all_results(session: Session, survey_id: int, as_of: datetime) -> list[QuestionResults]:
    """Return every question of a survey with its figures; nothing while it is open."""
    closing = closed_at(session, survey_id, as_of)
    if closing is None:
        return []
    query = (
        select(SurveyAnswer)
        .where(SurveyAnswer.survey_id == survey_id, SurveyAnswer.recorded_at <= closing)
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
        return QuestionResults(question, None, None, ())
    cell = cell_of([answer.grade for answer in answers]) if question.kind == "grade" else None
    return QuestionResults(
        question,
        len(answers),
        published(cell) if cell else None,
        tuple(answer.words for answer in answers if answer.words is not None),
    )


def grade_shares(session: Session, survey_id: int, as_of: datetime) -> list[QuestionShares]:
    """Return the graded questions of a survey with LEAST_SHOWN answers; none while it is open."""
    closing = closed_at(session, survey_id, as_of)
    if closing is None:
        return []
    # Counted in the database: a survey has thousands of answers.
    rows = session.execute(
        select(SurveyAnswer.question_id, SurveyAnswer.grade, func.count())
        .where(SurveyAnswer.survey_id == survey_id, SurveyAnswer.recorded_at <= closing)
        .group_by(SurveyAnswer.question_id, SurveyAnswer.grade)
    )
    counts = {(question_id, grade): count for question_id, grade, count in rows}
    shown = []
    for question in questions(session, survey_id):
        by_grade = [counts.get((question.id, grade), 0) for grade in GRADES]
        summary = published(counted(by_grade, counts.get((question.id, None), 0)))
        if question.kind == "grade" and summary is not None:
            text = {"fi": question.text_fi, "sv": question.text_sv, "en": question.text_en}
            shown.append(QuestionShares(text, summary, published_shares(by_grade, summary)))
    return shown
