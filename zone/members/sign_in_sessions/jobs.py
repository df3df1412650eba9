"""The hourly job that deletes expired codes, ended sessions, and notifications."""

from datetime import datetime, timedelta
from typing import Final

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.email_changes.service import delete_expired_changes
from zone.members.push import service as push
from zone.members.sign_in.service import delete_expired_codes
from zone.members.sign_in_sessions.service import delete_ended_sessions

KEEP_PUSH_MESSAGES: Final = timedelta(days=30)
"""As mails: to find out why one did not arrive. Their text is erased before."""


def delete_expired(_settings: Settings, now: datetime) -> int:
    """Delete expired codes, ended sessions and old notifications; return how many rows."""
    with writing() as session:
        return (
            delete_expired_codes(session, now)
            + delete_expired_changes(session, now)
            # Before the sessions to which they belong.
            + push.delete_ended(session, now)
            + push.delete_done(session, now - KEEP_PUSH_MESSAGES)
            + delete_ended_sessions(session, now)
        )
