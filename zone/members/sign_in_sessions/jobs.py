"""The hourly job that deletes expired codes and ended sessions."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.email_changes.service import delete_expired_changes
from zone.members.sign_in.service import delete_expired_codes
from zone.members.sign_in_sessions.service import delete_ended_sessions


def delete_expired(_settings: Settings, now: datetime) -> int:
    """Delete expired codes and ended sessions; return how many rows."""
    with writing() as session:
        return (
            delete_expired_codes(session, now)
            + delete_expired_changes(session, now)
            + delete_ended_sessions(session, now)
        )
