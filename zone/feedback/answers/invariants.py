"""What must hold of answers to surveys, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids, count_rows, row_count
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyQuestion


def count_surveys_with_lost_answers(session: Session, _named_since: datetime) -> int:
    """Count the surveys that have more or fewer participants than answers, and the questions with
    more answers than their survey's participants gave.
    """
    lost = (
        survey_id
        for survey_id in session.scalars(select(Survey.id)).all()
        if _participants(session, survey_id) != _answers(session, survey_id)
    )
    # The survey and the question are named, and never who took part or what they answered.
    return count_broken_ids(session, "survey", lost) + count_rows(session, _answered_too_often())


def _answered_too_often() -> Select[int]:
    """Return the questions with more answers than the key question, which everybody answers."""
    opened = func.count(SurveyAnswer.id).label("opened")
    counted = (
        select(SurveyQuestion, opened)
        .outerjoin(SurveyAnswer, SurveyAnswer.question_id == SurveyQuestion.id)
        .group_by(SurveyQuestion.id)
        .subquery()
    )
    key = counted.alias()
    return (
        select(counted.c.id)
        .join(key, and_(key.c.survey_id == counted.c.survey_id, key.c.is_key))
        .where(counted.c.opened > key.c.opened)
    )


def _participants(session: Session, survey_id: int) -> int:
    closed = session.scalar(
        select(SurveyClosing.participants).where(SurveyClosing.survey_id == survey_id)
    )
    if closed is not None:  # the participations of a closed survey are deleted
        return closed
    return row_count(
        session, select(Participation.member_id).where(Participation.survey_id == survey_id)
    )


def _answers(session: Session, survey_id: int) -> int:
    sealed = select(SealedAnswer.id).where(SealedAnswer.survey_id == survey_id)
    # Each person answers the key question exactly once, so its answers count people.
    key = select(SurveyQuestion.id).where(
        SurveyQuestion.survey_id == survey_id, SurveyQuestion.is_key
    )
    opened = select(SurveyAnswer.id).where(SurveyAnswer.question_id.in_(key))
    return row_count(session, sealed) + row_count(session, opened)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "surveys",
        "as many answers as participants",
        count_surveys_with_lost_answers,
        "Do not close the survey; look for `feedback.flush` in the log, "
        "and whether the survey's key is there.",
    ),
)
