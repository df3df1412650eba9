"""The page of calendar feeds, and the feeds themselves."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.calendar_feeds import flows, queries, service
from zone.booking.calendar_feeds.rules import REFRESH, feed_window
from zone.booking.calendar_feeds.views import (
    FeedEvent,
    OwnFeed,
    PublicFeeds,
    own_address,
    own_file,
    public_address,
    public_file,
    webcal,
)
from zone.booking.sessions.views import Names
from zone.core.calendar_file import CONTENT_TYPE
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.identity import Permission
from zone.core.mail.addresses import parse_sender
from zone.core.time import Window
from zone.web import one_time
from zone.web.auth import current_actor, may, public, reader_id
from zone.web.context import client_address, current_settings
from zone.web.language import language
from zone.web.service_profile import current_profile

pages: Final = Blueprint("booking_calendar_feeds_pages", __name__, template_folder="templates")
PAGE: Final = "/calendar"
# Kept by the calendar, and asked again whether it still holds.
OWN_CACHE: Final = "private, no-cache"
PUBLIC_CACHE: Final = f"public, max-age={int(REFRESH.total_seconds()) // 4}"

Read = Callable[[Session, Window], tuple[Names, list[FeedEvent]]]


@pages.get(PAGE)
@public
def calendars() -> str:
    """Show the feed of the person who is signed in, and those that everybody may read."""
    return _page(done=one_time.done())


@pages.post(f"{PAGE}/own")
@may(Permission.OWN_ACCOUNT)
def make() -> str:
    """Make an address, in place of the one before, and show it this once."""
    # No redirect: it would have to carry the key in its address, or store it.
    with writing() as session:
        key = service.make_feed(session, current_actor().id, utc_now())
    return _page(own_address(current_settings().base_url, key))


@pages.post(f"{PAGE}/own/end")
@may(Permission.OWN_ACCOUNT)
def end() -> WerkzeugResponse:
    """End one's address."""
    with writing() as session:
        service.end_feed(session, current_actor().id)
    return redirect(f"{PAGE}?done=ended", 303)


def _page(address: str | None = None, *, done: str | None = None) -> str:
    reader = reader_id()
    with reading() as session:
        own = None if reader is None else queries.own_feed(session, reader)
        feeds = queries.public_feeds(session, feed_window(utc_now()))
    return calendars_page(own, feeds, address, guest=reader is None, ended=done == "ended")


def calendars_page(
    own: OwnFeed | None,
    feeds: PublicFeeds,
    address: str | None = None,
    *,
    guest: bool = False,
    ended: bool = False,
) -> str:
    """Render the page. `address`: that of the feed which was made just now."""
    base_url = current_settings().base_url
    return render_template(
        "booking/calendar_feeds/calendars.html",
        own=own,
        feeds=feeds,
        address=address,
        guest=guest,
        ended=ended,
        webcal=webcal,
        address_of=lambda feed: public_address(base_url, feed.path, language()),
        sign_in=url_for("members_sign_in_pages.sign_in_form", next=PAGE),
    )


@pages.get(f"{PAGE}/own.ics")
@public
def own() -> Response:
    """The feed of a key: its person's bookings and places in queues."""
    settings, now = current_settings(), utc_now()
    fetched = flows.fetch_own(request.args.get("key", ""), client_address(request), now)
    content = own_file(
        fetched.events,
        language=fetched.language,
        base_url=settings.base_url,
        sender=parse_sender(settings.mail_from),
        service=current_profile().name,
    )
    answer = _answer(content, OWN_CACHE)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.get(f"{PAGE}/campuses/<code>.ics")
@public
def campus(code: str) -> Response:
    """The public sessions of a campus."""
    return _public(lambda session, window: queries.campus_events(session, code, window))


@pages.get(f"{PAGE}/spaces/<uuid:space>.ics")
@public
def space(space: uuid.UUID) -> Response:
    """The public sessions of a space."""
    return _public(lambda session, window: queries.space_events(session, space, window))


@pages.get(f"{PAGE}/instructors/<uuid:instructor>.ics")
@public
def instructor(instructor: uuid.UUID) -> Response:
    """The public sessions of an instructor."""
    return _public(lambda session, window: queries.instructor_events(session, instructor, window))


def _public(read: Read) -> Response:
    now = utc_now()
    flows.count_public(client_address(request), now)
    with reading() as session:
        names, events = read(session, feed_window(now))
    code = _language_of_feed()
    content = public_file(
        events, name=names[code], language=code, base_url=current_settings().base_url
    )
    return _answer(content, PUBLIC_CACHE)


def _language_of_feed() -> str:
    """Return the language of the address: what any cache may keep depends on nothing else."""
    named = request.args.get("lang", "")
    return named if named in LANGUAGES else "en"


def _answer(content: bytes, cache: str) -> Response:
    answer = Response(content, mimetype=CONTENT_TYPE)
    answer.headers["Cache-Control"] = cache
    answer.headers["Content-Disposition"] = 'inline; filename="zone.ics"'
    answer.set_etag(hashlib.sha256(content).hexdigest())
    answer.make_conditional(request)
    return answer
