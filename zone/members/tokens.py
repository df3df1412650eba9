"""API tokens: a program acts as the person who made its token, in the operations that the token's scopes open.

What a token may do is asked anew at each request: a scope counts only while its owner holds a role that carries it, so
a role that is taken away is taken from the owner's tokens in the same moment.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id, new_secret
from zone.core.text import tidy
from zone.core.time import helsinki_date
from zone.http import rate_limit
from zone.http.auth import Actor
from zone.members import queries, service, sessions
from zone.members.errors import SCOPE_NOT_YOURS, TOKEN_EXPIRY
from zone.members.models import ApiToken, Member

PREFIX: Final = "zt_"
"""Tells our tokens from a bridge's, and lets a scanner of public code find one that was published by mistake."""

LONGEST_LIFE: Final = timedelta(days=366)
NOTE_EVERY: Final = timedelta(hours=1)
"""How exactly the last use is known: enough to find tokens that nobody needs."""

LIMIT: Final = rate_limit.Limit("api-token", 600, timedelta(minutes=1))
"""Requests of one token, over all its addresses."""

EVERYBODY: Final[frozenset[str]] = frozenset()
SCOPES: Final[dict[str, frozenset[str]]] = {
    "timetable:read": EVERYBODY,
    "timetable:write": frozenset({"instructor", "manager", "admin"}),
    "bookings:read": EVERYBODY,
    "bookings:write": EVERYBODY,
    "passes:read": EVERYBODY,
    "people:read": frozenset({"desk", "manager", "admin"}),
    "people:write": frozenset({"desk", "manager", "admin"}),
    "attendance:read": frozenset({"instructor", "desk", "manager", "admin"}),
    "doors:read": frozenset({"manager", "admin"}),
    "doors:write": frozenset({"manager", "admin"}),
    "figures:read": frozenset({"manager", "admin"}),
    "operation:read": frozenset({"manager", "admin"}),
}
"""Each scope and the service roles that carry it; everybody carries the first ones, for themselves."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token. `secret` is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def carried(scopes: Iterable[str], roles: frozenset[str]) -> frozenset[str]:
    """Those of `scopes` that a person with these roles may hand to a token."""
    return frozenset(name for name in scopes if name in SCOPES and (not SCOPES[name] or SCOPES[name] & roles))


def make(
    session: Session, owner: Actor, *, name: str, scopes: Iterable[str], expires_at: datetime, now: datetime
) -> Made:
    """A token that acts as its maker, at most for a year.

    Raises:
        DomainError: scope_not_yours: no role of the maker carries it; token_expiry_invalid.
    """
    wanted = frozenset(scopes)
    if refused := wanted - carried(wanted, owner.roles):
        raise DomainError(SCOPE_NOT_YOURS, params={"scopes": ", ".join(sorted(refused))})
    if not now < expires_at <= now + LONGEST_LIFE:
        raise DomainError(TOKEN_EXPIRY)
    secret = PREFIX + new_secret()
    token = ApiToken(
        public_id=new_public_id(), owner_id=owner.id, name=tidy(name), digest=sessions.digest_of(secret),
        scopes=sorted(wanted), created_at=now, expires_at=expires_at,
    )  # fmt: skip
    session.add(token)
    session.flush()
    service.audit(
        session, actor_id=owner.id, action="token.make", object_kind="api_token", object_id=token.public_id,
        after={"name": token.name, "scopes": token.scopes, "expires_at": expires_at}, now=now,
    )  # fmt: skip
    return Made(token, secret)


def revoke(session: Session, actor: Actor, token_id: uuid.UUID, now: datetime) -> None:
    """End a token from its next request on; doing it again changes nothing. An admin may end anybody's.

    Raises:
        DomainError: not_found.
    """
    token = session.scalar(select(ApiToken).where(ApiToken.public_id == token_id))
    if token is None or not (token.owner_id == actor.id or "admin" in actor.roles):
        raise DomainError(NOT_FOUND)
    if token.revoked_at is None:
        token.revoked_at = now
        service.audit(
            session, actor_id=actor.id, action="token.revoke", object_kind="api_token", object_id=token_id,
            before={"name": token.name, "scopes": token.scopes}, now=now,
        )  # fmt: skip


def tokens(session: Session, actor: Actor) -> list[tuple[ApiToken, Member]]:
    """Tokens with their owners, the newest first: one's own, or everybody's for an admin."""
    chosen = select(ApiToken, Member).join(Member, Member.id == ApiToken.owner_id).order_by(ApiToken.id.desc())
    if "admin" not in actor.roles:
        chosen = chosen.where(ApiToken.owner_id == actor.id)
    return [(token, owner) for token, owner in session.execute(chosen)]


def actor_of_api_token(session: Session, secret: str, now: datetime) -> Actor | None:
    """The owner behind a token, with what is left of its scopes; None when it is unknown, ended or revoked.

    Counts the request, so call it in a transaction of its own that is kept whatever the request comes to.

    Raises:
        DomainError: too_many_requests.
    """
    found = session.execute(
        select(ApiToken, Member)
        .join(Member, Member.id == ApiToken.owner_id)
        .where(ApiToken.digest == sessions.digest_of(secret), ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    ).one_or_none()
    if found is None:
        return None
    token, owner = found
    rate_limit.take(session, LIMIT, str(token.public_id), now)
    _note_use(session, token, now)
    roles = roles_of(session, owner.id, now)
    return Actor("person", owner.id, owner.public_id, roles, owner.language, None, carried(token.scopes, roles))


def roles_of(session: Session, member_id: int, now: datetime) -> frozenset[str]:
    """What a person is now: by proof of an institution, and by the service's grant."""
    proven = {one.role for one in queries.eligibility(session, member_id, helsinki_date(now))}
    return queries.service_roles(session, member_id) | proven


def _note_use(session: Session, token: ApiToken, now: datetime) -> None:
    if token.used_at is None or now - token.used_at >= NOTE_EVERY:
        session.execute(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now))
