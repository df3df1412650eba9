"""How many are at a class now: a part of its page that htmx keeps fresh."""

import uuid
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, g, make_response, render_template, request
from sqlalchemy.orm import Session

from zone.access.busyness.rules import counted_at
from zone.access.live_counts import queries
from zone.access.live_counts.queries import ReadCount
from zone.booking.sessions.queries import session_view
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.web.auth import public, reader_id, reader_is_staff
from zone.web.language import language

pages: Final = Blueprint("access_live_counts_pages", __name__, template_folder="templates")


@pages.get("/classes/<uuid:class_session>/live")
@public
def show_live(class_session: uuid.UUID) -> Response:
    """The part alone, for htmx; 304 within the minute of which everybody has seen the count."""
    now = utc_now()
    with reading() as session:
        session_view(session, class_session, member_id=reader_id(), sees_hidden=reader_is_staff())
        exact = queries.sees_numbers(session, class_session, g.actor)
        version = f"{counted_at(now):%H%M}-{language()}"
        if not exact and request.if_none_match.contains_weak(version):
            return _versioned(Response(status=304), version)
        read = queries.live_count_for(session, class_session, g.actor, now)
    response = make_response(live_part(class_session, read))
    return response if exact else _versioned(response, version)


def _versioned(response: Response, version: str) -> Response:
    response.set_etag(version, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def class_part(session: Session, class_session: uuid.UUID, now: datetime) -> str:
    """Return the part for the page of a class; empty where it has nothing to say."""
    read = queries.live_count_for(session, class_session, g.actor, now)
    silent = ("not_now",) if read.exact else ("not_now", "no_door")
    return "" if read.count.status in silent else live_part(class_session, read)


def live_part(class_session: uuid.UUID, read: ReadCount) -> str:
    """Render the part; one that cannot change is not asked for again."""
    return render_template(
        "access/live_counts/live.html",
        class_session=class_session,
        count=read.count,
        exact=read.exact,
        lang=f"?lang={language()}" if request.args.get("lang") else "",
    )
