"""JSON API by which a browser turns notifications on and off."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.members.push import flows, queries, service
from zone.members.push.errors import PUSH_NOT_POSSIBLE, TOO_MANY_PUSH_SUBSCRIPTIONS
from zone.members.push.rules import bytes_of
from zone.members.push.schemas import NewPushSubscriptionSchema, PushBrowsersSchema
from zone.members.push.service import NewSubscription
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses
from zone.web.schemas import MadeSchema

api: Final = Blueprint("members_push", __name__, tag="members")


@api.get("/me/push")
@api.response(200, PushBrowsersSchema)
@may(Permission.OWN_ACCOUNT)
def list_browsers() -> dict[str, Any]:
    """The browsers in which one's notifications are on, and the key to turn them on in one more."""
    key = flows.server_key(current_settings())
    with reading() as session:
        found = queries.browsers(session, current_actor(), utc_now())
    return {"browsers": found, "server_key": key}


@api.post("/me/push")
@api.arguments(NewPushSubscriptionSchema)
@api.response(201, MadeSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(PUSH_NOT_POSSIBLE, TOO_MANY_PUSH_SUBSCRIPTIONS, TOO_MANY_REQUESTS)
def subscribe(new: dict[str, Any]) -> dict[str, Any]:
    """Turn notifications on in the browser that asks, until it is signed out; again is harmless."""
    wanted = NewSubscription(
        new["endpoint"], bytes_of(new["p256dh"]), bytes_of(new["auth"]), new["server_key"]
    )
    return {"id": flows.subscribe(current_actor(), wanted, current_settings(), utc_now())}


@api.delete("/me/push/<uuid:subscription>")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND)
def unsubscribe(subscription: uuid.UUID) -> None:
    """Turn notifications off in one of one's own browsers."""
    with writing() as session:
        service.unsubscribe(session, current_actor(), subscription)
