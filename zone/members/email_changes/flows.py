"""The transactions of changing one's e-mail address, called by the API and the pages.

Attempts are counted and committed before the work, so that a refused attempt counts too.
"""

from datetime import datetime, timedelta
from typing import Final

from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.members.email_changes import service
from zone.members.people.models import Member
from zone.members.people.rules import normalize_email
from zone.members.sign_in.errors import CODE_WRONG
from zone.members.sign_in.flows import KEY_FILE

QUARTER: Final = timedelta(minutes=15)
# With 5 tries each, a person has at most 25 guesses at a million codes in 15 minutes.
CHANGES_BY_MEMBER: Final = Limit("email-changes-member", 5, QUARTER)
CHANGES_TO_ADDRESS: Final = Limit("email-changes-address", 5, QUARTER)
"""So that several people cannot fill somebody's mailbox. It does not count for signing in."""


def request_change(member_id: int, email: str, settings: Settings, now: datetime) -> None:
    """Send a code to a person's new address.

    Raises:
        DomainError: email_invalid, email_unchanged, too_many_requests.
    """
    address = normalize_email(email)
    with writing() as session:
        rate_limit.count_attempt(session, CHANGES_BY_MEMBER, str(member_id), now)
        rate_limit.count_attempt(session, CHANGES_TO_ADDRESS, address, now)
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    with writing() as session:
        service.request_change(session, member_id, email=address, now=now, secret=secret)


def confirm_change(member_id: int, code: str, settings: Settings, now: datetime) -> Member:
    """Change a person's address by the code that was sent to the new one.

    Raises:
        DomainError: code_wrong, member_exists.
    """
    valid = secrets.valid_secrets(settings.keys, KEY_FILE)
    with writing() as session:
        member = service.confirm_change(session, member_id, code=code, now=now, secrets=valid)
    if member is None:  # raised only here: the attempt that was counted must be committed
        raise DomainError(CODE_WRONG)
    return member
