"""API tokens with their owners."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.identity import Actor, Permission
from zone.members.people.models import Member
from zone.members.tokens.models import ApiToken


def count_live(session: Session, owner_id: int, now: datetime) -> int:
    """Return how many tokens of a person work."""
    live = (ApiToken.owner_id == owner_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    return session.scalar(select(func.count(ApiToken.id)).where(*live)) or 0


def list_tokens(session: Session, actor: Actor) -> list[tuple[ApiToken, Member]]:
    """Return tokens with their owners, the newest first: one's own, or everybody's for an admin."""
    tokens = (
        select(ApiToken, Member)
        .join(Member, Member.id == ApiToken.owner_id)
        .order_by(ApiToken.id.desc())
    )
    if not actor.may(Permission.TOKENS_WRITE_ALL):
        tokens = tokens.where(ApiToken.owner_id == actor.id)
    return [(token, owner) for token, owner in session.execute(tokens)]
