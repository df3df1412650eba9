"""What the scheduler does for surveys. Each job is safe to run again, and to be killed anywhere."""

from collections.abc import Callable, Iterable
from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.feedback.answers import service as answers
from zone.feedback.surveys import queries
from zone.feedback.surveys.flows import finish_closing


def flush(settings: Settings, now: datetime) -> int:
    """Open the boxes of every survey that has a batch of them; how many were opened."""
    with reading() as session:
        surveys = queries.open_ids(session)
    return _each(surveys, lambda survey_id: _flush_one(survey_id, settings, now))


def _each(surveys: Iterable[int], work: Callable[[int], int]) -> int:
    """Do the work for every survey; a refusal by one (its key is elsewhere) is raised when the others are done."""
    done, refusals = 0, list[DomainError]()
    for survey_id in surveys:
        try:
            done += work(survey_id)
        except DomainError as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
    return done


def _flush_one(survey_id: int, settings: Settings, now: datetime) -> int:
    with writing() as session:
        opened = answers.flush(session, survey_id, settings=settings, now=now)
    # Never in the transaction of the answers: rows that share it could be told from those that do not.
    with writing() as session:
        answers.mix(session, survey_id)
    return opened


def close(settings: Settings, now: datetime) -> int:
    """Close the surveys whose time is over, and finish those that were closed; how many were closed or finished."""
    with reading() as session:
        due = queries.due_ids(session, now)
    try:
        _each(due, lambda survey_id: _close_one(survey_id, settings, now))
    finally:
        done = finish_closing(settings)
    return done


def _close_one(survey_id: int, settings: Settings, now: datetime) -> int:
    with writing() as session:
        return answers.close(session, survey_id, settings=settings, now=now)
