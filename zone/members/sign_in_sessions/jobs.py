"""The hourly job that deletes expired sign-in codes and ended sessions."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.sign_in.service import delete_expired_codes
from zone.members.sign_in_sessions.service import delete_ended_sessions


def delete_expired(_settings: Settings, now: datetime) -> int:
    """Delete expired sign-in codes and ended sessions; return how many rows."""
    with writing() as session:
        return delete_expired_codes(session, now) + delete_ended_sessions(session, now)
