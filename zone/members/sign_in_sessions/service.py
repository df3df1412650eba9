"""Open, prolong and end sessions. Never commits.

A session is a row on the server: it can be revoked at once. Of its token only a hash is stored.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import SIGN_IN_NEEDED, Actor
from zone.core.ids import new_public_id, new_secret
from zone.core.row_records.service import write_recorded
from zone.members.people.service import lock_members
from zone.members.sign_in_sessions import rules
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.sign_in_sessions.rules import token_digest

KEEP_SIGN_INS: Final = timedelta(days=30)
"""How long an ended session stays readable, to investigate a stolen account."""


def open_session(session: Session, member_id: int, *, now: datetime, user_agent: str = "") -> str:
    """Sign a person in; return the token for the cookie, which is stored nowhere.

    `user_agent` is the header of the browser, by whose name the person will know the session.
    """
    token, name = new_secret(), rules.browser_name(user_agent)
    session.add(
        SignInSession(
            public_id=new_public_id(),
            member_id=member_id,
            digest=token_digest(token),
            created_at=now,
            seen_at=now,
            browser=name.browser,
            system=name.system,
        )
    )
    session.flush()
    return token


def note_use(session: Session, session_id: int, now: datetime) -> None:
    """Store the last use, which moves the session's end forward."""
    session.execute(
        update(SignInSession)
        # Never backwards: of two requests at once the later time stays.
        .where(SignInSession.id == session_id, SignInSession.seen_at < now)
        .values(seen_at=now)
    )


def end_session(session: Session, session_id: int, now: datetime) -> None:
    """Sign one browser out."""
    live = (SignInSession.id == session_id) & SignInSession.revoked_at.is_(None)
    write_recorded(session, update(SignInSession).where(live).values(revoked_at=now))


def end_own_session(session: Session, actor: Actor, ended: uuid.UUID, now: datetime) -> bool:
    """Sign out one of the actor's own browsers; doing it again changes nothing.

    Return whether it is the one that asks.

    Raises:
        DomainError: not_found, also for another person's session.
    """
    own = (SignInSession.public_id == ended) & (SignInSession.member_id == actor.id)
    session_id = session.scalar(select(SignInSession.id).where(own))
    if session_id is None:
        raise DomainError(NOT_FOUND)
    lock_members(session, [actor.id])  # as `end_all_sessions`
    end_session(session, session_id, now)
    return session_id == actor.session_id


def check_goes_on(session: Session, session_id: int | None) -> None:
    """Check that the session of a request was not ended while the request waited; None: it has no
    session.

    For what outlives the session, such as a token. The caller holds the lock on its person's row.

    Raises:
        DomainError: sign_in_needed.
    """
    if session_id is None:
        return
    going_on = (SignInSession.id == session_id) & SignInSession.revoked_at.is_(None)
    if session.scalar(select(SignInSession.id).where(going_on)) is None:
        raise DomainError(SIGN_IN_NEEDED)


def end_all_sessions(
    session: Session, member_id: int, now: datetime, *, kept: int | None = None
) -> int:
    """Sign a person out everywhere, as after a lost phone; return how many sessions ended.

    `kept` is the one session that goes on.
    """
    # What one of them is just doing commits first, or finds itself ended: see `check_goes_on`.
    lock_members(session, [member_id])
    live = (SignInSession.member_id == member_id) & SignInSession.revoked_at.is_(None)
    if kept is not None:
        live &= SignInSession.id != kept
    return len(write_recorded(session, update(SignInSession).where(live).values(revoked_at=now)))


def sign_out(session: Session, actor: Actor, *, everywhere: bool, now: datetime) -> None:
    """End the actor's own session, or with `everywhere` all of their sessions.

    The keys in the actor's phones go on opening doors.
    """
    if everywhere:
        end_all_sessions(session, actor.id, now)
    elif actor.session_id is not None:
        end_session(session, actor.session_id, now)


def end_every_session(session: Session, now: datetime) -> int:
    """Sign everybody out everywhere, as after a restore; return how many sessions ended."""
    live = SignInSession.revoked_at.is_(None)
    return len(write_recorded(session, update(SignInSession).where(live).values(revoked_at=now)))


def delete_ended_sessions(session: Session, now: datetime) -> int:
    """Delete the sessions that ended `KEEP_SIGN_INS` ago; return how many."""
    # The longest life: a session's row does not tell its member's roles.
    unused = SignInSession.seen_at < now - rules.STUDENT_SESSION - KEEP_SIGN_INS
    ended = or_(SignInSession.revoked_at < now - KEEP_SIGN_INS, unused)
    return len(write_recorded(session, delete(SignInSession).where(ended)))
