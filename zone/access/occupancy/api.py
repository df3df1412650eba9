"""JSON API of how many people are inside, for staff."""

from typing import Any

from zone.access.occupancy import queries, schemas
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web.auth import may
from zone.web.blueprint import Blueprint

api = Blueprint("access_occupancy", __name__, tag="doors")


@api.get("/occupancy")
@api.response(200, schemas.OccupancySchema)
@may(Permission.DOORS_READ)
def show_occupancy() -> dict[str, Any]:
    """How many people are inside each area now, and how many may be."""
    with reading() as session:
        return {"areas": queries.areas_now(session, utc_now())}
