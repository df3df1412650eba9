"""How busy the front page says a campus is, and what it says of that word."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.stored import stored
from tests.world.people import a_browser
from tests.world.site import Journal, Site, a_member, build, receive
from zone.access.bridges.models import Bridge
from zone.access.front_page import pages
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.places.opening_hours.service import set_exception

pytestmark = pytest.mark.engines("sqlite")
MINUTE = timedelta(minutes=1)
CAME = 17
"""Of the 70 who fit in: some."""


@pytest.fixture
def now() -> datetime:
    return utc_now()


@pytest.fixture
def site(app: Flask, now: datetime) -> Iterator[Site]:
    """A campus that is open at any time, and whose door has let in 17 people."""
    app.extensions.pop(pages.KEY, None)
    site = stored(build)
    with writing() as session:
        set_hours_of_today(session, site, now, time(0), time(23, 59))
        holders = [a_member(session, site, f"p{n}")[1] for n in range(CAME)]
    journal = Journal(site.studio_door)
    for holder in holders:
        journal.scan(holder, now - 5 * MINUTE)
    receive(site.bridge, journal.upload(), now)
    yield site
    app.extensions.pop(pages.KEY, None)


def set_hours_of_today(
    session: Session, site: Site, now: datetime, opens: time | None, closes: time | None
) -> None:
    set_exception(
        session,
        campus_id=site.world.campus,
        day=helsinki_date(now),
        opens=opens,
        closes=closes,
        reason="test",
    )


def section(app: Flask) -> str:
    """Return what the page says about how busy it is; empty where it says nothing."""
    page = a_browser(app).get("/?lang=en").text
    found = re.search(r'<section[^>]*aria-labelledby="busy".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_level_is_shown_with_its_minute_and_what_it_says(app: Flask, site: Site) -> None:
    shown = section(app)
    assert "Some people" in shown
    assert re.search(r"As it was at \d{1,2}\.\d\d", shown)
    assert "not seen to leave counts for a usual visit" in shown
    words = re.sub(r"<[^>]+>|\d{1,2}\.\d\d", " ", shown)
    assert re.findall(r"\d+", words) == [], "no number of people"


def test_an_offline_door_is_said_instead(app: Flask, site: Site, now: datetime) -> None:
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at, bridge.seen_at = now - timedelta(days=9), now - 10 * MINUTE
    shown = section(app)
    assert "No count" in shown
    assert "The doors have sent nothing since" in shown
    assert "Quiet" not in shown


def test_of_a_closed_campus_nothing_is_said(app: Flask, site: Site, now: datetime) -> None:
    with writing() as session:
        set_hours_of_today(session, site, now, None, None)
    assert section(app) == ""
