"""JSON API by which people put their pass on a phone and take it off."""

from typing import Any

from flask import request

from zone.access.credentials import rules, schemas, service
from zone.access.credentials.errors import KEY_INVALID, KEY_TAKEN, TOO_MANY_KEYS
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_credentials", __name__, tag="access")


@api.post("/me/devices")
@api.arguments(schemas.NewDeviceSchema)
@api.response(201, schemas.DeviceSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(KEY_INVALID, KEY_TAKEN, TOO_MANY_KEYS)
def add_device(new: dict[str, Any]) -> dict[str, Any]:
    """Put the pass on a phone by its public key; over the third, the oldest goes. The same key
    again is harmless.
    """
    now, settings, actor = utc_now(), current_settings(), current_actor()
    point = bytes.fromhex(new["public_key"])
    label = new["label"] or rules.name_by_browser(request.headers.get("User-Agent", ""))
    with writing() as session:
        key = service.enrol_key(
            session,
            actor.id,
            point=point,
            label=label,
            now=now,
            settings=settings,
            actor=actor,
        )
    return {
        "kid": key.kid.hex(),
        "certificate": key.certificate.hex(),
        "server_time": now.timestamp(),
        "show_long_until": key.known_from.timestamp(),
    }


@api.delete("/me/devices")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def remove_all_devices() -> None:
    """Take the pass off all of one's phones. One stays signed in; `DELETE /me/sessions` ends it."""
    with writing() as session:
        service.revoke_all_keys(session, current_actor().id, utc_now())


@api.delete("/me/devices/<kid>")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND)
def remove_device(kid: str) -> None:
    """Take the pass off a phone."""
    try:
        raw = bytes.fromhex(kid)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
    with writing() as session:
        service.revoke_key(session, current_actor().id, raw, utc_now())
