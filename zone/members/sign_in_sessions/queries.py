"""The live session of a token, and the live sessions of a person."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedSelect
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.members.eligibility import queries as eligibility_queries
from zone.members.people.models import Member
from zone.members.roles.models import RoleGrant
from zone.members.sign_in_sessions import rules
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.sign_in_sessions.rules import token_digest


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A live session, its actor, and whether its last use is due to be stored (`note_use`)."""

    actor: Actor
    session_id: int
    stale: bool


def actor_of_token(session: Session, token: str, now: datetime) -> Actor | None:
    """Return the actor of a cookie's token; None: the session is unknown, revoked or expired."""
    live = find_session(session.connection(), token, now)
    return None if live is None else live.actor


def find_session(connection: Connection, token: str, now: datetime) -> LiveSession | None:
    """Return the live session of a token, in one statement; every request runs this."""
    # One row for each service role with each proof of the person: one or two, seldom more.
    rows = _LIVE.fetch(connection, digest=token_digest(token), day=helsinki_date(now))
    if not rows:
        return None
    first = rows[0]
    granted = frozenset(row.granted for row in rows if row.granted)
    # By the service roles alone: student and staff do not shorten a session's life.
    if not rules.is_alive(granted, first.created_at, first.seen_at, now):
        return None
    proven = {row.affiliated_as for row in rows if eligibility_queries.is_admitted(row)}
    return LiveSession(
        _actor(first, granted | proven),
        first.session_id,
        rules.is_use_due(granted, first.seen_at, now),
    )


_session, _member, _grant = SignInSession.__table__, Member.__table__, RoleGrant.__table__
_signed_in = _session.join(_member, _member.c.id == _session.c.member_id).outerjoin(
    _grant, and_(_grant.c.member_id == _member.c.id, _grant.c.revoked_at.is_(None))
)
_LIVE: Final = PreparedSelect(
    select(
        _session.c.id.label("session_id"),
        _session.c.created_at,
        _session.c.seen_at,
        _member.c.id.label("member_id"),
        _member.c.public_id,
        _member.c.language,
        _grant.c.role.label("granted"),
        *eligibility_queries.PROOF,
    )
    .select_from(eligibility_queries.with_proofs(_signed_in, _member.c.id))
    .where(_session.c.digest == bindparam("digest"), _session.c.revoked_at.is_(None))
)


def _actor(row: Any, roles: frozenset[str]) -> Actor:
    return Actor("person", row.member_id, row.public_id, roles, row.language, row.session_id)


@dataclass(frozen=True, slots=True)
class SignInSessionView:
    """A live session as its person knows it; `current` is the one that asks."""

    id: uuid.UUID
    browser: str
    system: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    current: bool


def live_sessions(session: Session, actor: Actor, now: datetime) -> list[SignInSessionView]:
    """Return the actor's own live sessions, the last used first."""
    query = select(SignInSession).where(
        SignInSession.member_id == actor.id, SignInSession.revoked_at.is_(None)
    )
    return [
        SignInSessionView(
            row.public_id,
            row.browser,
            row.system,
            row.created_at,
            row.seen_at,
            rules.ends_at(actor.roles, row.created_at, row.seen_at),
            row.id == actor.session_id,
        )
        for row in session.scalars(query.order_by(SignInSession.seen_at.desc(), SignInSession.id))
        if rules.is_alive(actor.roles, row.created_at, row.seen_at, now)
    ]
