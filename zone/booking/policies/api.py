"""The API of the booking policy."""

from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.booking.policies import queries, service
from zone.booking.policies.errors import POLICY_INVALID
from zone.booking.policies.schemas import PolicyRequest, PolicySchema
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_policies", __name__, tag="policy")


@api.get("/booking-policy")
@api.response(200, PolicySchema)
@may(Permission.POLICY_READ)
def show_policy() -> dict[str, Any]:
    """The numbers in force, with their version."""
    with reading() as session:
        return _json(session)


@api.put("/booking-policy")
@api.arguments(PolicyRequest)
@api.response(200, PolicySchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(EDITED_MEANWHILE, POLICY_INVALID)
def change_policy(data: dict[str, Any]) -> dict[str, Any]:
    """Set all numbers anew, from now on; what was booked and planned by the old ones stays."""
    version = data.pop("version")
    with writing() as session:
        new = replace(queries.current(session), **data)
        service.change_policy(session, current_actor(), new, version=version, now=utc_now())
        return _json(session)


def _json(session: Session) -> dict[str, Any]:
    return asdict(queries.current(session)) | {"version": queries.current_version(session)}
