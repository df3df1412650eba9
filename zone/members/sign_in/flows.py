"""The transactions of signing in, called by the API and the pages.

Attempts are counted and committed before the work, so that a refused attempt counts too; those that
succeed are taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.members.passwords import service as passwords
from zone.members.people import queries as people_queries
from zone.members.people import rules as people_rules
from zone.members.people.errors import MEMBER_EXISTS
from zone.members.push import service as push
from zone.members.roles import queries as roles_queries
from zone.members.sign_in import rules, service
from zone.members.sign_in.errors import CODE_WRONG, NOBODY_IN_DEMO, PASSWORD_WRONG
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.rules import token_digest

KEY_FILE: Final = "sign-in.key"
QUARTER: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
# Theory of operation. Limits slow the guesser and not the owner. A browser in which a person has
# signed in before has limits of its own, so nothing that others do keeps it out. All others are
# strangers, and are counted three times: by client, by client and address, and by address. One
# client alone cannot use up what an address allows: `…_FROM_CLIENT_TO_ADDRESS` allows less than
# half of it in its window, because windows are fixed, so twice as many are possible around the
# boundary of two. An attempt that succeeds is taken back.
#
# A code has 5 tries, so strangers have 100 guesses at a million codes in an hour for one address,
# and 200 around a full hour: one in 400 after a day, in which its owner gets 480 mails.
CODES_OF_BROWSER: Final = Limit("codes-browser", 5, QUARTER)
CODES_FROM_CLIENT_TO_ADDRESS: Final = Limit("codes-client-address", 6, HOUR)
CODES_TO_ADDRESS: Final = Limit("codes-address", 20, HOUR)
# The limits of one client are wide: a campus network may show hundreds of people under one address.
# When a term opens more of them wait for a code at once; each who signs in makes room for another.
CODES_FROM_CLIENT: Final = Limit("codes-client", 200, QUARTER, timedelta(seconds=30))
PASSWORDS_OF_BROWSER: Final = Limit("passwords-browser", 10, QUARTER)
PASSWORDS_FROM_CLIENT_TO_ADDRESS: Final = Limit("passwords-client-address", 20, HOUR)
PASSWORDS_TO_ADDRESS: Final = Limit("passwords-address", 100, HOUR)
PASSWORDS_FROM_CLIENT: Final = Limit("passwords-client", 50, QUARTER)
# Only of browsers that did not ask for a code, whose tries can never succeed.
VAIN_TRIES_FROM_CLIENT: Final = Limit("code-tries-client", 300, QUARTER)
# More in an hour tell nothing new, and the audit is never deleted.
AUDITED_FAILURES: Final = Limit("audited-failures", 20, HOUR)

Counted = tuple[Limit, str]
"""A limit and the subject that is counted."""


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Who tries to sign in: the client, the language to answer in, and what its browser sent.

    `asked` and `mark` are the cookies of a browser that asked for a code (`rules.asking_token`) and
    of one in which somebody signed in before (`rules.known_browser`). `before` is the token of
    the session that the browser had, which may have ended.
    """

    client: str
    language: str
    asked: str = ""
    mark: str = ""
    user_agent: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session's token, whether its person has yet to give a name, their service roles, and
    the browser's mark.
    """

    token: str
    nameless: bool
    roles: frozenset[str]
    mark: str = ""


def send_code(email: str, attempt: SignInAttempt, settings: Settings, now: datetime) -> str:
    """Send a code to an address, known or not; return the token for the cookie of the browser.

    Raises:
        DomainError: email_invalid, too_many_requests.
    """
    address = people_rules.normalize_email(email)
    browser = rules.asking_token(attempt.asked) or new_secret()
    _count(_code_limits(address, attempt, settings), now)
    with writing() as session:
        service.send_code(
            session,
            email=address,
            browser=browser,
            language=attempt.language,
            now=now,
            secret=_secret(settings),
        )
    return browser


def sign_in_by_code(
    email: str, code: str, attempt: SignInAttempt, settings: Settings, now: datetime
) -> NewSession:
    """Sign in with a mailed code, where it was asked for; the first time creates the account.

    Raises:
        DomainError: email_invalid, code_wrong, too_many_requests.
    """
    address = people_rules.normalize_email(email)
    try:
        return _redeem(address, code, attempt, settings, now)
    except DomainError as refusal:
        if refusal.reasons[0] is not MEMBER_EXISTS:
            raise
    # Another browser of theirs made the account at the same moment. All of this was rolled back.
    return _redeem(address, code, attempt, settings, now)


def _redeem(
    address: str, code: str, attempt: SignInAttempt, settings: Settings, now: datetime
) -> NewSession:
    with writing() as session:
        redeemed = service.redeem_code(
            session,
            email=address,
            code=code,
            browser=rules.asking_token(attempt.asked),
            language=attempt.language,
            now=now,
            secrets=_secrets(settings),
        )
        if redeemed.member_id is not None:
            _release(session, _code_limits(address, attempt, settings), now)
            return _open_session(session, redeemed.member_id, address, attempt, settings, now)
    # Outside of the transaction: the attempt that was counted must be committed.
    if not redeemed.counted:
        _count([(VAIN_TRIES_FROM_CLIENT, attempt.client)], now)
    _note_failure(address, "code", attempt, settings, now)
    raise DomainError(CODE_WRONG)


def sign_in_by_password(
    email: str, password: str, attempt: SignInAttempt, settings: Settings, now: datetime
) -> NewSession:
    """Sign in to a staff account.

    Raises:
        DomainError: email_invalid, password_wrong, too_many_requests.
    """
    address = people_rules.normalize_email(email)
    limits = _password_limits(address, attempt, settings)
    _count(limits, now)
    with reading() as session:  # argon2 is slow on purpose: hold no write lock meanwhile
        checked = passwords.check_password(session, email=address, password=password)
    if checked is not None:
        with writing() as session:
            # A new one that was set meanwhile has ended the sessions of this one.
            if passwords.lock_password(session, *checked):
                _release(session, limits, now)
                return _open_session(session, checked[0], address, attempt, settings, now)
    _note_failure(address, "password", attempt, settings, now)
    raise DomainError(PASSWORD_WRONG)


def sign_in_to_demo(
    email: str, now: datetime, user_agent: str = "", before: str = ""
) -> NewSession:
    """Sign in as a person of the demo, without a code or password.

    Raises:
        DomainError: nobody_in_demo.
    """
    with writing() as session:
        member = people_queries.member_by_email(session, email)
        if member is None:
            raise DomainError(NOBODY_IN_DEMO)
        token = sign_in_sessions.open_session(session, member.id, now=now, user_agent=user_agent)
        push.take_along(session, token_digest(before), token_digest(token))
        roles = roles_queries.service_roles(session, member.id)
        return NewSession(token, nameless=not member.name, roles=roles)


def _open_session(
    session: Session,
    member_id: int,
    address: str,
    attempt: SignInAttempt,
    settings: Settings,
    now: datetime,
) -> NewSession:
    token = sign_in_sessions.open_session(
        session, member_id, now=now, user_agent=attempt.user_agent
    )
    push.take_along(session, token_digest(attempt.before), token_digest(token))
    return NewSession(
        token,
        nameless=not people_queries.member_by_id(session, member_id).name,
        roles=roles_queries.service_roles(session, member_id),
        mark=rules.mark_browser(attempt.mark, address, _secret(settings), new_secret()),
    )


def _code_limits(address: str, attempt: SignInAttempt, settings: Settings) -> Sequence[Counted]:
    if browser := rules.known_browser(attempt.mark, address, _secrets(settings)):
        return [(CODES_OF_BROWSER, f"{browser}\0{address}")]
    return [
        (CODES_FROM_CLIENT, attempt.client),
        (CODES_FROM_CLIENT_TO_ADDRESS, f"{attempt.client}\0{address}"),
        (CODES_TO_ADDRESS, address),
    ]


def _password_limits(address: str, attempt: SignInAttempt, settings: Settings) -> Sequence[Counted]:
    if browser := rules.known_browser(attempt.mark, address, _secrets(settings)):
        return [(PASSWORDS_OF_BROWSER, f"{browser}\0{address}")]
    return [
        (PASSWORDS_FROM_CLIENT, attempt.client),
        (PASSWORDS_FROM_CLIENT_TO_ADDRESS, f"{attempt.client}\0{address}"),
        (PASSWORDS_TO_ADDRESS, address),
    ]


def _count(limits: Sequence[Counted], now: datetime) -> None:
    # A transaction of its own: what follows may fail and roll back, the count stays. Of several
    # limits all count or none: who is refused by one does not use up the others.
    with writing() as session:
        for limit, subject in limits:
            rate_limit.count_attempt(session, limit, subject, now)


def _release(session: Session, limits: Sequence[Counted], now: datetime) -> None:
    for limit, subject in limits:
        rate_limit.release_attempt(session, limit, subject, now)


def _note_failure(
    address: str, means: str, attempt: SignInAttempt, settings: Settings, now: datetime
) -> None:
    known = rules.known_browser(attempt.mark, address, _secrets(settings)) is not None
    # Counted for every address: a write for staff alone would tell by its time who they are.
    with writing() as session:
        if rate_limit.count_if_allowed(session, AUDITED_FAILURES, address, now):
            service.record_failure(session, address, means=means, known_browser=known, now=now)


def _secret(settings: Settings) -> bytes:
    return secrets.current_secret(settings.keys, KEY_FILE)


def _secrets(settings: Settings) -> Sequence[bytes]:
    return secrets.valid_secrets(settings.keys, KEY_FILE)
