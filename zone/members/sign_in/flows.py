"""The transactions of signing in, called by the API and the pages.

Attempts are counted and committed before the work, so that a refused attempt counts too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.members.people import queries as people_queries
from zone.members.people import rules as people_rules
from zone.members.sign_in import service
from zone.members.sign_in.errors import CODE_WRONG, PASSWORD_WRONG
from zone.members.sign_in_sessions import service as sign_in_sessions

KEY_FILE: Final = "sign-in.key"
# The limits of one client are wide: a campus network may show hundreds of people under one address.
QUARTER: Final = timedelta(minutes=15)
# With 5 tries each, at most 25 guesses at a million codes in 15 minutes for one address.
CODES_FOR_ADDRESS: Final = Limit("codes-address", 5, QUARTER)
CODES_FROM_CLIENT: Final = Limit("codes-client", 200, QUARTER)
TRIES_FROM_CLIENT: Final = Limit("code-tries-client", 300, QUARTER)
PASSWORDS_FOR_ADDRESS: Final = Limit("passwords-address", 10, QUARTER)
PASSWORDS_FROM_CLIENT: Final = Limit("passwords-client", 50, QUARTER)


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """The client for which attempts are counted, and the language to answer in."""

    client: str
    language: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session's token, and whether its person has yet to give a name."""

    token: str
    nameless: bool


def send_code(email: str, attempt: SignInAttempt, settings: Settings, now: datetime) -> None:
    """Send a code to an address, known or not.

    Raises:
        DomainError: email_invalid, too_many_requests.
    """
    address = people_rules.normalize_email(email)
    _count((CODES_FROM_CLIENT, attempt.client), (CODES_FOR_ADDRESS, address), now=now)
    with writing() as session:
        service.send_code(
            session, email=address, language=attempt.language, now=now, secret=_secret(settings)
        )


def sign_in_by_code(
    email: str, code: str, attempt: SignInAttempt, settings: Settings, now: datetime
) -> NewSession:
    """Sign in with a mailed code; the first time creates the account.

    Raises:
        DomainError: email_invalid, code_wrong, too_many_requests.
    """
    _count((TRIES_FROM_CLIENT, attempt.client), now=now)
    with writing() as session:
        member_id = service.redeem_code(
            session,
            email=email,
            code=code,
            language=attempt.language,
            now=now,
            secrets=secrets.valid_secrets(settings.keys, KEY_FILE),
        )
        signed_in = None if member_id is None else _open_session(session, member_id, now)
    if signed_in is None:  # raised only here: the attempt that was counted must be committed
        raise DomainError(CODE_WRONG)
    return signed_in


def sign_in_by_password(
    email: str, password: str, attempt: SignInAttempt, now: datetime
) -> NewSession:
    """Sign in to a staff account.

    Raises:
        DomainError: email_invalid, password_wrong, too_many_requests.
    """
    address = people_rules.normalize_email(email)
    _count((PASSWORDS_FROM_CLIENT, attempt.client), (PASSWORDS_FOR_ADDRESS, address), now=now)
    with reading() as session:  # argon2 is slow on purpose: hold no write lock meanwhile
        member_id = service.check_password(session, email=address, password=password)
    if member_id is None:
        raise DomainError(PASSWORD_WRONG)
    with writing() as session:
        return _open_session(session, member_id, now)


def sign_in_to_demo(email: str, now: datetime) -> NewSession:
    """Sign in as a person of the demo, without a code or password.

    Raises:
        DomainError: password_wrong: there is no such person.
    """
    with writing() as session:
        member = people_queries.member_by_email(session, email)
        if member is None:
            raise DomainError(PASSWORD_WRONG)
        return _open_session(session, member.id, now)


def _open_session(session: Session, member_id: int, now: datetime) -> NewSession:
    token = sign_in_sessions.open_session(session, member_id, now=now)
    return NewSession(token, nameless=not people_queries.member_by_id(session, member_id).name)


def _count(*limited: tuple[Limit, str], now: datetime) -> None:
    # A transaction of its own: what follows may fail and roll back, the count stays.
    with writing() as session:
        for limit, subject in limited:
            rate_limit.count_attempt(session, limit, subject, now)


def _secret(settings: Settings) -> bytes:
    return secrets.current_secret(settings.keys, KEY_FILE)
