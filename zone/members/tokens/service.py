"""Make, use and revoke API tokens. Never commits.

A program with a token acts as the person who made it, within the token's scopes. Scopes are checked
against the owner's roles at each request: a role taken away limits the owner's tokens at once.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.orm import Session

from zone.core.audit import service as audit
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id, new_secret
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.core.text import clean_text
from zone.members.people.models import Member
from zone.members.people.service import lock_members
from zone.members.roles.queries import roles_of
from zone.members.sign_in_sessions import rules as sign_in_sessions_rules
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens.errors import SCOPE_NOT_YOURS, TOKEN_EXPIRY_INVALID
from zone.members.tokens.models import ApiToken
from zone.members.tokens.rules import LONGEST_LIFE, PREFIX, effective_scopes

NOTE_EVERY: Final = timedelta(hours=1)
"""How exactly the last use is stored: enough to find tokens that nobody uses."""

LIMIT: Final = Limit("api-token", 600, timedelta(minutes=1))
"""Requests of one token, over all its addresses."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `secret` is shown once and stored nowhere."""

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
    """Make a token that acts as `owner`, for a year at most, and audit it.

    Raises:
        DomainError: forbidden, token_expiry_invalid; scope_not_yours; sign_in_needed: the session
            has just ended.
    """
    owner.require(Permission.TOKENS_WRITE)
    # A new password that is just being set ends all tokens, and this session.
    lock_members(session, [owner.id])
    sign_in_sessions.check_goes_on(session, owner.session_id)
    requested = frozenset(scopes)
    if refused := requested - effective_scopes(requested, owner.roles):
        raise DomainError(SCOPE_NOT_YOURS, params={"scopes": ", ".join(sorted(refused))})
    if not now < expires_at <= now + LONGEST_LIFE:
        raise DomainError(TOKEN_EXPIRY_INVALID)
    secret = PREFIX + new_secret()
    token = ApiToken(
        public_id=new_public_id(),
        owner_id=owner.id,
        name=clean_text(name),
        digest=sign_in_sessions_rules.token_digest(secret),
        scopes=sorted(requested),
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
    """Revoke a token, and audit it; doing it again changes nothing. An admin may revoke anybody's.

    Raises:
        DomainError: forbidden; not_found, also for another person's token.
    """
    actor.require(Permission.TOKENS_WRITE)
    # The lock: of two at once the second finds it revoked.
    found = select(ApiToken).where(ApiToken.public_id == token_id).with_for_update()
    token = session.scalar(found)
    if token is None or not (token.owner_id == actor.id or actor.may(Permission.TOKENS_WRITE_ALL)):
        raise DomainError(NOT_FOUND)
    # The first time stays, and is audited once.
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


def revoke_tokens_of(session: Session, member_id: int, now: datetime) -> int:
    """Revoke all tokens of a person, as after a password reset; return how many. Not audited."""
    return _revoke(session, ApiToken.owner_id == member_id, now)


def revoke_every_token(session: Session, now: datetime) -> None:
    """Revoke all tokens of everybody, as after a restore."""
    _revoke(session, true(), now)


def _revoke(session: Session, condition: ColumnElement[bool], now: datetime) -> int:
    """Revoke the live tokens of which a condition holds; return how many."""
    live = select(ApiToken).where(ApiToken.revoked_at.is_(None), condition).with_for_update()
    # Row by row, because each change is recorded.
    revoked = session.scalars(live.execution_options(populate_existing=True)).all()
    for token in revoked:
        token.revoked_at = now
    session.flush()
    return len(revoked)


def actor_of_api_token(session: Session, secret: str, now: datetime) -> Actor | None:
    """Return the owner of a token with its open scopes; None: unknown, expired or revoked.

    Counts the request, so run it in a transaction of its own, which is committed whatever the
    request answers.

    Raises:
        DomainError: too_many_requests.
    """
    row = session.execute(
        select(ApiToken, Member)
        .join(Member, Member.id == ApiToken.owner_id)
        .where(
            ApiToken.digest == sign_in_sessions_rules.token_digest(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return None
    token, owner = row
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
        effective_scopes(token.scopes, roles),
    )


def _note_use(session: Session, token: ApiToken, now: datetime) -> None:
    # Most requests write nothing: one write an hour for each token.
    if token.used_at is None or now - token.used_at >= NOTE_EVERY:
        session.execute(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now))
