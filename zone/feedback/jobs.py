"""What the scheduler does for surveys. Each job is safe to run again, and to be killed anywhere."""

from collections.abc import Callable, Iterable
from datetime import datetime

from zone.config import Settings
from zone.core.errors import DomainError
from zone.db import reading, writing
from zone.feedback import queries, sealing, service


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
        opened = service.flush(session, survey_id, settings=settings, now=now)
    # Never in the transaction of the answers: rows that share it could be told from those that do not.
    with writing() as session:
        service.mix(session, survey_id)
    return opened


def close(settings: Settings, now: datetime) -> int:
    """Close the surveys whose time is over, and finish those that were closed; how many were closed or finished."""
    with reading() as session:
        due = queries.due_ids(session, now)
    try:
        _each(due, lambda survey_id: _close_one(survey_id, settings, now))
    finally:
        done = finish(settings)
    return done


def _close_one(survey_id: int, settings: Settings, now: datetime) -> int:
    with writing() as session:
        return service.close(session, survey_id, settings=settings, now=now)


def finish(settings: Settings) -> int:
    """Forget who took part in closed surveys, then erase their keys; how many keys.

    The key goes last: while it is there, a run that was killed is done again.
    """
    with reading() as session:
        left = [(id_, key) for id_, key in queries.closed(session) if sealing.key_path(settings, key).exists()]
    for survey_id, _ in left:
        with writing() as session:
            service.forget(session, survey_id)
    return sum(sealing.erase_key(settings, public_key) for _, public_key in left)
