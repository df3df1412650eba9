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

from zone.core.audit import service as audit
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id, new_secret
from zone.core.rate_limit import service as rate_limit
from zone.core.text import clean_text
from zone.members.people.models import Member
from zone.members.roles.queries import roles_of
from zone.members.sign_in_sessions import rules as sign_in_sessions_rules
from zone.members.tokens.errors import SCOPE_NOT_YOURS, TOKEN_EXPIRY_INVALID
from zone.members.tokens.models import ApiToken
from zone.members.tokens.rules import LONGEST_LIFE, PREFIX, carried

NOTE_EVERY: Final = timedelta(hours=1)
"""How exactly the last use is known: enough to find tokens that nobody needs."""

LIMIT: Final = rate_limit.Limit("api-token", 600, timedelta(minutes=1))
"""Requests of one token, over all its addresses."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `secret` is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def make_token(
    session: Session,
    owner: Actor,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime,
    now: datetime,
) -> IssuedToken:
    """A token that acts as its maker, at most for a year.

    Raises:
        DomainError: scope_not_yours: no role of the maker carries it; token_expiry_invalid.
    """
    wanted = frozenset(scopes)
    if refused := wanted - carried(wanted, owner.roles):
        raise DomainError(SCOPE_NOT_YOURS, params={"scopes": ", ".join(sorted(refused))})
    if not now < expires_at <= now + LONGEST_LIFE:
        raise DomainError(TOKEN_EXPIRY_INVALID)
    secret = PREFIX + new_secret()
    token = ApiToken(
        public_id=new_public_id(),
        owner_id=owner.id,
        name=clean_text(name),
        digest=sign_in_sessions_rules.token_digest(secret),
        scopes=sorted(wanted),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    audit.record_action(
        session,
        actor_id=owner.id,
        action="token.make",
        object_kind="api_token",
        object_id=token.public_id,
        after={"name": token.name, "scopes": token.scopes, "expires_at": expires_at},
        now=now,
    )
    return IssuedToken(token, secret)


def revoke_token(session: Session, actor: Actor, token_id: uuid.UUID, now: datetime) -> None:
    """End a token from its next request on; doing it again changes nothing. An admin may end anybody's.

    Raises:
        DomainError: not_found.
    """
    token = session.scalar(select(ApiToken).where(ApiToken.public_id == token_id))
    if token is None or not (token.owner_id == actor.id or actor.may(Permission.TOKENS_WRITE_ALL)):
        raise DomainError(NOT_FOUND)
    if token.revoked_at is None:
        token.revoked_at = now
        audit.record_action(
            session,
            actor_id=actor.id,
            action="token.revoke",
            object_kind="api_token",
            object_id=token_id,
            before={"name": token.name, "scopes": token.scopes},
            now=now,
        )


def actor_of_api_token(session: Session, secret: str, now: datetime) -> Actor | None:
    """The owner behind a token, with what is left of its scopes; None when it is unknown, ended or revoked.

    Counts the request, so call it in a transaction of its own that is kept whatever the request comes to.

    Raises:
        DomainError: too_many_requests.
    """
    found = session.execute(
        select(ApiToken, Member)
        .join(Member, Member.id == ApiToken.owner_id)
        .where(
            ApiToken.digest == sign_in_sessions_rules.token_digest(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
        )
    ).one_or_none()
    if found is None:
        return None
    token, owner = found
    rate_limit.count_attempt(session, LIMIT, str(token.public_id), now)
    _note_use(session, token, now)
    roles = roles_of(session, owner.id, now)
    return Actor(
        "person",
        owner.id,
        owner.public_id,
        roles,
        owner.language,
        None,
        carried(token.scopes, roles),
    )


def _note_use(session: Session, token: ApiToken, now: datetime) -> None:
    if token.used_at is None or now - token.used_at >= NOTE_EVERY:
        session.execute(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now))
