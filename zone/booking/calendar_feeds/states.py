"""The states of the page of calendar feeds, of invented places and people on Tue 1 Dec 2026."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Final

from zone.booking.calendar_feeds.pages import calendars_page
from zone.booking.calendar_feeds.views import CampusFeeds, OwnFeed, PublicFeed, PublicFeeds
from zone.booking.timetable.states import HALL, NOW
from zone.web.states import State

ADDRESS: Final = (
    "https://zone.example/calendar/own.ics?key=bm90LWEta2V5LW9ubHktYW4taW52ZW50ZWQtb25l"
)


def _same(path: str, name: str) -> PublicFeed:
    return PublicFeed(f"/calendar/{path}.ics", dict.fromkeys(("fi", "sv", "en"), name))


FEEDS: Final = PublicFeeds(
    [
        CampusFeeds(
            _same("campuses/myyrmaki", "Metropolia Myyrmäki"),
            [PublicFeed(f"/calendar/spaces/{uuid.UUID(int=1)}.ics", HALL)],
        ),
        CampusFeeds(
            _same("campuses/arabia", "Arcada Arabia"),
            [_same(f"spaces/{uuid.UUID(int=n)}", f"Studio {n}") for n in (2, 3)],
        ),
    ],
    [_same(f"instructors/{uuid.UUID(int=4)}", "Sanna Kuvitelma")],
)
_OLD: Final = OwnFeed(NOW - timedelta(days=40), NOW - timedelta(hours=2))
_FRESH: Final = OwnFeed(NOW, None)

STATES: Final = (
    State("calendars", "guest", partial(calendars_page, None, FEEDS, guest=True)),
    State("calendars", "none", partial(calendars_page, None, FEEDS)),
    State("calendars", "just-made", partial(calendars_page, _FRESH, FEEDS, ADDRESS)),
    State("calendars", "not-fetched", partial(calendars_page, _FRESH, FEEDS)),
    State("calendars", "fetched", partial(calendars_page, _OLD, FEEDS)),
    State("calendars", "ended", partial(calendars_page, None, FEEDS, ended=True)),
    State("calendars", "nothing-planned", partial(calendars_page, None, PublicFeeds([], []))),
)
