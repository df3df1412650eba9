"""Sessions of signed-in people: on the server, revocable at once, known to the database only by a hash."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, select, update
from sqlalchemy.orm import Session

from zone.core.ids import new_secret
from zone.core.time import helsinki_date
from zone.http.auth import Actor
from zone.members import queries, rules
from zone.members.models import Member, RoleGrant, SignInSession
from zone.question import Question


@dataclass(frozen=True, slots=True)
class Seen:
    """A live session: who it is, and whether its last use should be written down (`note_use`)."""

    actor: Actor
    session_id: int
    stale: bool


def digest_of(token: str) -> bytes:
    """What the database keeps of a 256-bit random token; nothing slower is needed for that."""
    return hashlib.sha256(token.encode()).digest()


def open_session(session: Session, member_id: int, *, now: datetime) -> str:
    """Sign a person in; the answer is the token for the cookie and is kept nowhere else."""
    token = new_secret()
    session.add(SignInSession(member_id=member_id, digest=digest_of(token), created_at=now, seen_at=now))
    session.flush()
    return token


def actor_of_token(session: Session, token: str, now: datetime) -> Actor | None:
    """The person behind a cookie, or None when the session is unknown, revoked or too long unused."""
    seen = look_up(session.connection(), token, now)
    return None if seen is None else seen.actor


def look_up(connection: Connection, token: str, now: datetime) -> Seen | None:
    """The live session of a token, in one statement: every request asks this.

    Its rows are each service role with each proof of the person: one or two, seldom more.
    """
    rows = _LIVE.ask(connection, digest=digest_of(token), day=helsinki_date(now))
    if not rows:
        return None
    first = rows[0]
    granted = frozenset(row.granted for row in rows if row.granted)
    if not rules.session_lives(granted, first.seen_at, now):
        return None
    proven = {row.affiliated_as for row in rows if queries.admitted(row)}
    return Seen(_actor(first, granted | proven), first.session_id, rules.worth_noting(granted, first.seen_at, now))


_session, _member, _grant = SignInSession.__table__, Member.__table__, RoleGrant.__table__
_signed_in = _session.join(_member, _member.c.id == _session.c.member_id).outerjoin(
    _grant, and_(_grant.c.member_id == _member.c.id, _grant.c.revoked_at.is_(None))
)
_LIVE: Final = Question(
    select(
        _session.c.id.label("session_id"), _session.c.seen_at, _member.c.id.label("member_id"), _member.c.public_id,
        _member.c.language, _grant.c.role.label("granted"), *queries.PROOF,
    )
    .select_from(queries.with_proofs(_signed_in, _member.c.id))
    .where(_session.c.digest == bindparam("digest"), _session.c.revoked_at.is_(None))
)  # fmt: skip


def _actor(row: Any, roles: frozenset[str]) -> Actor:
    return Actor("person", row.member_id, row.public_id, roles, row.language, row.session_id)


def note_use(session: Session, session_id: int, now: datetime) -> None:
    """Slide the session's end forward."""
    session.execute(
        update(SignInSession).where(SignInSession.id == session_id, SignInSession.seen_at < now).values(seen_at=now)
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


def end_every_session(session: Session, now: datetime) -> int:
    """Sign everybody out everywhere, as after a restore; how many sessions that ended."""
    ended = update(SignInSession).where(SignInSession.revoked_at.is_(None)).values(revoked_at=now)
    return len(session.scalars(ended.returning(SignInSession.id)).all())
