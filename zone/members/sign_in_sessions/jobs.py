"""The hourly job that deletes expired codes, ended sessions and other old rows."""

from datetime import datetime, timedelta
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.idempotency import service as idempotency
from zone.core.mail import service as mail
from zone.core.rate_limit import service as rate_limit
from zone.members.sign_in.service import delete_expired_codes
from zone.members.sign_in_sessions.service import delete_ended_sessions

KEEP_ANSWERS: Final = timedelta(days=7)
KEEP_MAIL: Final = timedelta(days=30)


def delete_expired(_settings: Settings, now: datetime) -> int:
    """Delete spent codes, ended sessions, counts of tries, kept answers and mail that is done with; how many rows."""
    with writing() as session:
        return (
            delete_expired_codes(session, now)
            + delete_ended_sessions(session, now)
            + rate_limit.delete_expired(session, now)
            + idempotency.delete_old_answers(session, now - KEEP_ANSWERS)
            + mail.delete_done(session, now - KEEP_MAIL)
        )
