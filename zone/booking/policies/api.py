"""The API of the booking policy."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.booking.policies import queries, service
from zone.booking.policies.errors import POLICY_INVALID
from zone.booking.policies.resolution import EVERYTHING, NAMES
from zone.booking.policies.schemas import (
    PolicyQuery,
    PolicyRequest,
    PolicySchema,
    ScopeRequest,
    ScopeSchema,
    ScopesSchema,
)
from zone.booking.policies.service import PolicyChange
from zone.booking.policies.views import ScopeView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import day_window
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_policies", __name__, tag="policy")


@api.get("/booking-policy")
@api.arguments(PolicyQuery, location="query")
@api.response(200, PolicySchema)
@may(Permission.POLICY_READ)
@refuses(NOT_FOUND)
def show_policy(query: dict[str, Any]) -> dict[str, Any]:
    """The numbers that hold for an activity and a group of people, where named, and a day; with the
    version of those that hold for everything.
    """
    now = utc_now()
    with reading() as session:
        scope = queries.scope_for(session, query["activity"], query["affiliated_as"])
        at = day_window(query["on"])[0] if query["on"] else now
        policies = queries.all_policies(session, at).around(scope)
        version = queries.version_of(queries.rows_of(session, EVERYTHING))
        return asdict(policies.of(scope.activity_id)) | {"version": version}


@api.put("/booking-policy")
@api.arguments(PolicyRequest)
@api.response(200, PolicySchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(EDITED_MEANWHILE, POLICY_INVALID)
def change_policy(data: dict[str, Any]) -> dict[str, Any]:
    """Set all numbers anew, from now on; what was booked and planned by the old ones stays."""
    version, now = data.pop("version"), utc_now()
    with writing() as session:
        new = replace(queries.current(session, now), **data)
        service.change_policy(session, current_actor(), new, version=version, now=now)
        return _everything(session, now)


def _everything(session: Session, now: datetime) -> dict[str, Any]:
    version = queries.version_of(queries.rows_of(session, EVERYTHING))
    return asdict(queries.current(session, now)) | {"version": version}


@api.get("/booking-policies")
@api.response(200, ScopesSchema)
@may(Permission.POLICY_READ)
def show_scopes() -> dict[str, Any]:
    """The numbers of everything, and of what differs: by activity and by group of people."""
    with reading() as session:
        return {"policies": queries.scopes(session, utc_now())}


@api.put("/booking-policies")
@api.arguments(ScopeRequest)
@api.response(200, ScopeSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, POLICY_INVALID)
def change_scope(data: dict[str, Any]) -> ScopeView:
    """Set numbers of an activity, a group of people or everything, from a day on."""
    now = utc_now()
    numbers = {name: value for name, value in data.items() if name in NAMES}
    with writing() as session:
        scope = queries.scope_for(session, data["activity"], data["affiliated_as"])
        change = PolicyChange(numbers, scope, data["from_day"])
        service.change_numbers(session, current_actor(), change, version=data["version"], now=now)
        return queries.scope_view(session, scope, now)
