"""Close surveys: open the last answers, delete the participations, erase the private keys."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.feedback.answers import sealing
from zone.feedback.answers import service as answers
from zone.feedback.surveys import queries, service
from zone.feedback.surveys.service import ClosedSurvey


def close_early(code: str, actor: Actor, *, settings: Settings, now: datetime) -> ClosedSurvey:
    """Close a survey before its time.

    Raises:
        DomainError: forbidden, not_found, survey_key_missing.
    """
    with writing() as session:
        closed = service.close_survey(session, actor, code, settings=settings, now=now)
    finish_closing(settings)
    return closed


def finish_closing(settings: Settings) -> int:
    """Delete the participations of closed surveys, erase their keys, and return how many keys."""
    with reading() as session:
        unfinished = [
            (survey_id, public_key)
            for survey_id, public_key in queries.closed_surveys(session)
            if sealing.key_path(settings, public_key).exists()
        ]
    for survey_id, _ in unfinished:
        with writing() as session:
            answers.delete_participations(session, survey_id)
    # The keys go last: while its key exists, a survey is found again after a killed run.
    return sum(sealing.erase_key(settings, public_key) for _, public_key in unfinished)
