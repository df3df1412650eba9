"""The API of feeds: make and end one's own, and the addresses of the public ones."""

from typing import Any, Final

from zone.booking.calendar_feeds import queries, service
from zone.booking.calendar_feeds.rules import feed_window
from zone.booking.calendar_feeds.schemas import MadeFeedSchema, OwnFeedsSchema, PublicFeedsSchema
from zone.booking.calendar_feeds.views import PublicFeed, own_address, public_address
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.web.auth import current_actor, may, public
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language

api: Final = Blueprint("booking_calendar_feeds", __name__, tag="booking")


@api.get("/me/calendar-feed")
@api.response(200, OwnFeedsSchema)
@may(Permission.BOOKINGS_READ)
def my_calendar_feed() -> dict[str, Any]:
    """Whether a calendar may fetch one's bookings, and when one last did."""
    with reading() as session:
        return {"feed": queries.own_feed(session, current_actor().id)}


# No Idempotency-Key: the kept answer would be a second, readable copy of the key. Closed to API
# tokens: what they can read must end with them.
@api.post("/me/calendar-feed")
@api.response(201, MadeFeedSchema)
@may(Permission.OWN_ACCOUNT)
def make_calendar_feed() -> dict[str, str]:
    """Make an address under which a calendar fetches one's bookings; the one before ends. It is
    shown in this answer and never again.
    """
    with writing() as session:
        key = service.make_feed(session, current_actor().id, utc_now())
    return {"address": own_address(current_settings().base_url, key)}


@api.delete("/me/calendar-feed")
@api.response(204)
@may(Permission.OWN_ACCOUNT)
def end_calendar_feed() -> None:
    """End one's address at once; doing it again changes nothing."""
    with writing() as session:
        service.end_feed(session, current_actor().id)


@api.get("/calendar-feeds")
@api.response(200, PublicFeedsSchema)
@public
def public_calendar_feeds() -> dict[str, Any]:
    """The feeds that everybody may read, of campuses, spaces and instructors, in the language of
    the request.
    """
    with reading() as session:
        feeds = queries.public_feeds(session, feed_window(utc_now()))
    return {
        "campuses": [
            {"campus": _shown(one.campus), "spaces": [_shown(space) for space in one.spaces]}
            for one in feeds.campuses
        ],
        "instructors": [_shown(one) for one in feeds.instructors],
    }


def _shown(feed: PublicFeed) -> dict[str, Any]:
    address = public_address(current_settings().base_url, feed.path, language())
    return {"address": address, "name": feed.name}
