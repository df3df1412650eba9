"""The transactions of changing one's e-mail address, called by the API and the pages.

Attempts are counted and committed before the work, so that a refused attempt counts too; those that
succeed are taken back, as for sign-ins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.members.email_changes import service
from zone.members.people.rules import normalize_email
from zone.members.sign_in.errors import CODE_WRONG
from zone.members.sign_in.flows import KEY_FILE, Counted
from zone.members.sign_in.rules import mark_browser

QUARTER: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
# With 5 tries each, a person has at most 25 guesses at a million codes in 15 minutes.
CHANGES_BY_MEMBER: Final = Limit("email-changes-member", 5, QUARTER)
# So that several people cannot fill somebody's mailbox. One client alone, with as many accounts as
# it likes, cannot use up what an address allows: its owner may want to change to it.
CHANGES_FROM_CLIENT_TO_ADDRESS: Final = Limit("email-changes-client-address", 6, HOUR)
CHANGES_TO_ADDRESS: Final = Limit("email-changes-address", 20, HOUR)


@dataclass(frozen=True, slots=True)
class Requester:
    """Who changes an address: the person, the client, the mark of its known browser, and the
    sign-in session.
    """

    member_id: int
    client: str
    mark: str = ""
    session_id: int | None = None


def request_change(requester: Requester, email: str, settings: Settings, now: datetime) -> None:
    """Send a code to a person's new address.

    Raises:
        DomainError: email_invalid, email_unchanged, too_many_requests.
    """
    address = normalize_email(email)
    with writing() as session:
        for limit, subject in _limits(requester, address):
            rate_limit.count_attempt(session, limit, subject, now)
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    with writing() as session:
        service.request_change(session, requester.member_id, email=address, now=now, secret=secret)


def confirm_change(requester: Requester, code: str, settings: Settings, now: datetime) -> str:
    """Change a person's address by the code that was sent to the new one.

    Return the mark of their browser, which is known for the new address from now on.

    Raises:
        DomainError: code_wrong, member_exists, sign_in_needed.
    """
    valid = secrets.valid_secrets(settings.keys, KEY_FILE)
    with writing() as session:
        member = service.confirm_change(
            session,
            requester.member_id,
            code=code,
            now=now,
            secrets=valid,
            session_id=requester.session_id,
        )
        if member is not None:
            address = member.email
            for limit, subject in _limits(requester, address):
                rate_limit.release_attempt(session, limit, subject, now)
    if member is None:  # raised only here: the attempt that was counted must be committed
        raise DomainError(CODE_WRONG)
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    return mark_browser(requester.mark, address, secret, new_secret())


def _limits(requester: Requester, address: str) -> Sequence[Counted]:
    return [
        (CHANGES_BY_MEMBER, str(requester.member_id)),
        (CHANGES_FROM_CLIENT_TO_ADDRESS, f"{requester.client}\0{address}"),
        (CHANGES_TO_ADDRESS, address),
    ]
