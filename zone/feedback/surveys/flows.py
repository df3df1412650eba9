"""What follows the closing of surveys: participations deleted, then private keys erased."""

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.feedback.answers import sealing
from zone.feedback.answers import service as answers
from zone.feedback.surveys import queries


def finish_closing(settings: Settings) -> int:
    """Forget who took part in closed surveys, then erase their keys; how many keys.

    The key goes last: while it is there, a run that was killed is done again.
    """
    with reading() as session:
        left = [
            (id_, key)
            for id_, key in queries.closed(session)
            if sealing.key_path(settings, key).exists()
        ]
    for survey_id, _ in left:
        with writing() as session:
            answers.forget(session, survey_id)
    return sum(sealing.erase_key(settings, public_key) for _, public_key in left)
