"""JSON API of tokens."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.members.people.models import Member
from zone.members.tokens import queries, service
from zone.members.tokens.errors import SCOPE_NOT_YOURS, TOKEN_EXPIRY_INVALID
from zone.members.tokens.models import ApiToken
from zone.members.tokens.schemas import MadeTokenSchema, NewTokenSchema, TokensSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("members_tokens", __name__, tag="tokens")


# No Idempotency-Key: the kept answer would be a second, readable copy of the token.
@api.post("/tokens")
@api.arguments(NewTokenSchema)
@api.response(201, MadeTokenSchema)
@may(Permission.TOKENS_WRITE)
@refuses(SCOPE_NOT_YOURS, TOKEN_EXPIRY_INVALID)
def make_token(data: dict[str, Any]) -> dict[str, Any]:
    """Make a token that acts as oneself in the operations of its scopes. It is shown in this answer
    and never again.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        issued = service.make_token(session, actor, **data, now=now)
        owner = session.get_one(Member, actor.id)
        return {**_view(issued.token, owner), "token": issued.secret}


@api.get("/tokens")
@api.response(200, TokensSchema)
@may(Permission.TOKENS_WRITE)
def list_tokens() -> dict[str, Any]:
    """One's own tokens, or everybody's for an admin; the newest first, also those that ended."""
    actor = current_actor()
    with reading() as session:
        tokens = queries.list_tokens(session, actor)
    if any(owner.id != actor.id for _, owner in tokens):
        note_look("tokens.view", "api_token")
    return {"tokens": [_view(token, owner) for token, owner in tokens]}


@api.delete("/tokens/<uuid:token_id>")
@api.response(204)
@may(Permission.TOKENS_WRITE)
@refuses(NOT_FOUND)
def revoke_token(token_id: uuid.UUID) -> None:
    """End a token at once; doing it again changes nothing."""
    with writing() as session:
        service.revoke_token(session, current_actor(), token_id, utc_now())


def _view(token: ApiToken, owner: Member) -> dict[str, Any]:
    return {
        "id": token.public_id,
        "name": token.name,
        "owner": owner.public_id,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "revoked_at": token.revoked_at,
    }
