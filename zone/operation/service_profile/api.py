"""JSON API of the service's own data."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE
from zone.core.identity import Permission
from zone.core.service_profile import queries, service
from zone.core.service_profile.errors import ACCENT_UNREADABLE
from zone.operation.service_profile import schemas
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("operation_service_profile", __name__, tag="service")


@api.get("/service")
@api.response(200, schemas.ServiceProfileSchema)
@may(Permission.TIMETABLE_READ)  # guests have it: these data are public
def show_profile() -> dict[str, Any]:
    """The service's own data: names, contact, accent colour and seller."""
    with reading() as session:
        return schemas.profile_json(queries.service_profile(session, current_settings()))


@api.put("/service")
@api.arguments(schemas.ChangedServiceProfileSchema)
@api.response(200, schemas.ServiceProfileSchema)
@may(Permission.SERVICE_WRITE)
@refuses(EDITED_MEANWHILE, ACCENT_UNREADABLE)
def change_profile(data: dict[str, Any]) -> dict[str, Any]:
    """Replace the service's own data. Receipts keep the seller that they were issued with."""
    values = {name: value for name, value in data.items() if name != "version"}
    with writing() as session:
        changed = service.change_profile(
            session,
            current_actor(),
            version=data["version"],
            values=values,
            settings=current_settings(),
            now=utc_now(),
        )
    return schemas.profile_json(changed)
