"""JSON API by which staff change their own password."""

from typing import Final

from zone.core.clock import utc_now
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.members.passwords import flows
from zone.members.passwords.errors import (
    CURRENT_PASSWORD_WRONG,
    PASSWORD_GUESSABLE,
    PASSWORD_WEAK,
)
from zone.members.passwords.schemas import ChangedPasswordSchema, NewPasswordSchema
from zone.members.passwords.service import EndedAccess
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("members_passwords", __name__, tag="members")


# No Idempotency-Key: the second request is refused, because the current password is another one.
@api.post("/me/password")
@api.arguments(NewPasswordSchema)
@api.response(200, ChangedPasswordSchema)
@may(Permission.PASSWORD_WRITE)
# Not PASSWORD_LONG, which the schema refuses.
@refuses(CURRENT_PASSWORD_WRONG, PASSWORD_WEAK, PASSWORD_GUESSABLE, TOO_MANY_REQUESTS)
def change_password(data: dict[str, str]) -> EndedAccess:
    """Set or change one's own staff password. Every other browser is signed out, and one's API
    tokens end.
    """
    return flows.change_password(current_actor(), data["current"], data["password"], utc_now())
