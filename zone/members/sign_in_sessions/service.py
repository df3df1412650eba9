"""Open, prolong and end sessions. Never commits.

A session is a row on the server: it can be revoked at once. Of its token only a hash is stored.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from zone.core.identity import Actor
from zone.core.ids import new_secret
from zone.members.sign_in_sessions import rules
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.sign_in_sessions.rules import token_digest

KEEP_SIGN_INS: Final = timedelta(days=30)
"""How long an ended session stays readable, to investigate a stolen account."""


def open_session(session: Session, member_id: int, *, now: datetime) -> str:
    """Sign a person in; return the token for the cookie, which is stored nowhere."""
    token = new_secret()
    session.add(
        SignInSession(member_id=member_id, digest=token_digest(token), created_at=now, seen_at=now)
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
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_all_sessions(session: Session, member_id: int, now: datetime) -> None:
    """Sign a person out everywhere, as after a lost phone."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.member_id == member_id, SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def sign_out(session: Session, actor: Actor, *, everywhere: bool, now: datetime) -> None:
    """End the actor's own session, or with `everywhere` all of their sessions."""
    if everywhere:
        end_all_sessions(session, actor.id, now)
    elif actor.session_id is not None:
        end_session(session, actor.session_id, now)


def end_every_session(session: Session, now: datetime) -> int:
    """Sign everybody out everywhere, as after a restore; return how many sessions ended."""
    ended = update(SignInSession).where(SignInSession.revoked_at.is_(None)).values(revoked_at=now)
    return len(session.scalars(ended.returning(SignInSession.id)).all())


def delete_ended_sessions(session: Session, now: datetime) -> int:
    """Delete the sessions that ended `KEEP_SIGN_INS` ago; return how many."""
    # The longest life: a session's row does not tell its member's roles.
    unused = SignInSession.seen_at < now - rules.STUDENT_SESSION - KEEP_SIGN_INS
    ended = or_(SignInSession.revoked_at < now - KEEP_SIGN_INS, unused)
    return len(
        session.scalars(delete(SignInSession).where(ended).returning(SignInSession.id)).all()
    )
