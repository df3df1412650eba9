"""The public front page: what is on, how busy it is, prices and campuses. No script needed."""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from zone.access.doors_out.rules import sentence
from zone.access.front_page import queries, views
from zone.access.front_page.views import FrontPage
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date
from zone.web.auth import public
from zone.web.home import home_of
from zone.web.language import language
from zone.web.security_headers import HEADERS
from zone.web.weekdays import short_weekdays

pages: Final = Blueprint("access_front_page_pages", __name__, template_folder="templates")

KEY: Final = "zone.front_page"
LASTS: Final = timedelta(seconds=5)
"""A letter to everybody brings hundreds of readers within a minute, and all see the same. A place
that has gone in these seconds is refused when it is booked, as always.
"""


@pages.get("/")
@public
def home() -> Response:
    """Show guests what there is; who is signed in goes on to their own page."""
    if g.actor is not None:
        return redirect(home_of(g.actor.roles), 303)
    response = make_response(render_page(_current(utc_now())))
    # Asked again each time, as signing in changes what the address shows; where nothing has
    # changed, the answer is 304 without a body.
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)


def render_page(page: FrontPage) -> str:
    """Return the page as it was at its `now`."""
    return render_template(
        "access/front_page/home.html",
        page=page,
        shown=views.SHOWN,
        court_minutes=views.COURT_MINUTES,
        **_questions(page.now),
    )


def _questions(now: datetime) -> dict[str, Any]:
    """Return how the templates ask whether an instant is today or tomorrow, and about doors."""
    today = helsinki_date(now)
    return {
        "is_today": lambda at: helsinki_date(at) == today,
        "is_tomorrow": lambda at: helsinki_date(at) == today + views.A_DAY,
        "what_to_do": lambda out: sentence(out, language()),
    }


@pages.get("/campuses")
@public
def campuses() -> Response:
    """Show where the campuses are, their hours and how busy they are, to guests and to people.

    The front page shows them too, but leads who is signed in on to their own page.
    """
    response = make_response(render_campuses(_current(utc_now())))
    # The one page that may ask the browser where its reader is; that stays there (`nearest.js`).
    response.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace(
        "geolocation=()", "geolocation=(self)"
    )
    return response


def render_campuses(page: FrontPage) -> str:
    """Return the page of the campuses as it was at its `now`."""
    return render_template(
        "access/front_page/campuses.html",
        page=page,
        sorts=True,
        weekdays=short_weekdays(),
        **_questions(page.now),
    )


def _current(now: datetime) -> FrontPage:
    found: FrontPage | None = current_app.extensions.get(KEY)
    if found is None or not timedelta() <= now - found.now < LASTS:
        with reading() as session:
            found = queries.front_page(session, now)
        current_app.extensions[KEY] = found
    return found
