"""JSON API of how busy the campuses are, for everybody."""

from typing import Any

from zone.access.busyness import queries, schemas
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.web.auth import public
from zone.web.blueprint import Blueprint

api = Blueprint("access_busyness", __name__, tag="doors")


@api.get("/busyness")
@api.response(200, schemas.BusynessSchema)
@public
def show_busyness() -> dict[str, Any]:
    """How busy each campus with a door in use is, now and usually in each hour of the week."""
    with reading() as session:
        return {"campuses": queries.campuses_now(session, utc_now())}
