"""Jobs of surveys. Each is safe to repeat, and to kill at any point."""

from collections.abc import Callable, Iterable
from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.feedback.answers import service as answers
from zone.feedback.surveys import queries
from zone.feedback.surveys.flows import finish_closing


def open_batches(settings: Settings, now: datetime) -> int:
    """Open the sealed answers of every survey that has a batch, and return how many."""
    with reading() as session:
        surveys = queries.unclosed_ids(session)
    return _for_each(surveys, lambda survey_id: _open_batch(survey_id, settings, now))


def _for_each(surveys: Iterable[int], work: Callable[[int], int]) -> int:
    """Do the work for every survey, and return the sum of its results.

    Raises:
        DomainError: the first refusal, after the other surveys are done: one survey whose key is
            missing must not stop the others.
    """
    total, refusals = 0, list[DomainError]()
    for survey_id in surveys:
        try:
            total += work(survey_id)
        except DomainError as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
    return total


def _open_batch(survey_id: int, settings: Settings, now: datetime) -> int:
    with writing() as session:
        opened = answers.open_batch(session, survey_id, settings=settings, now=now)
    # Not in the transaction of the answers: their common `xmin` would set its rows apart.
    with writing() as session:
        answers.reorder_participations(session, survey_id)
    return opened


def close_due(settings: Settings, now: datetime) -> int:
    """Close the surveys whose time is over, finish every closing, and return how many."""
    with reading() as session:
        due = queries.due_ids(session, now)
    try:
        _for_each(due, lambda survey_id: _close(survey_id, settings, now))
    finally:  # those that could be closed are finished even where another one was refused
        finished = finish_closing(settings)
    return finished


def _close(survey_id: int, settings: Settings, now: datetime) -> int:
    with writing() as session:
        return answers.close_survey(session, survey_id, settings=settings, now=now)
