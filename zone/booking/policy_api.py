"""JSON of the numbers of booking, for those who set them."""

from dataclasses import asdict
from typing import Any

from zone.booking import policy
from zone.booking.policy_schemas import PolicyRequest, PolicySchema
from zone.booking.rules import Policy
from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.http.auth import current_actor, require, scope
from zone.http.blueprint import Blueprint

api = Blueprint("policy", __name__, tag="policy")


@api.get("/booking-policy")
@api.response(200, PolicySchema)
@require("desk", "manager", "admin")
@scope("timetable:read")
def show_policy() -> dict[str, Any]:
    """The numbers in force, with their version."""
    with reading() as session:
        return _json(policy.current(session))


@api.put("/booking-policy")
@api.arguments(PolicyRequest)
@api.response(200, PolicySchema)
@require("manager", "admin")
@scope("timetable:write")
def change_policy(wish: dict[str, Any]) -> dict[str, Any]:
    """Set all numbers anew, from now on; what was booked and planned by the old ones stays.

    Errors: edited_meanwhile, policy_invalid.
    """
    version = wish.pop("version")
    with writing() as session:
        actor_id = current_actor().id
        return _json(policy.change(session, Policy(**wish), version=version, actor_id=actor_id, now=utc_now()))


def _json(numbers: Policy) -> dict[str, Any]:
    return asdict(numbers) | {"version": policy.version_of(numbers)}
