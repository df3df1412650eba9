"""The states of the page of entries, of invented ones."""

import uuid
from datetime import timedelta
from typing import Final

from zone.access.doors.queries import DoorChoice
from zone.booking.timetable.states import NOW
from zone.core.time import helsinki_date
from zone.desk.entries.pages import render_page
from zone.desk.entries.queries import EntrySearch, FoundEntry
from zone.web.states import State

TODAY: Final = EntrySearch(helsinki_date(NOW))
WHERE: Final = ("Gym door", "Gym", "Metropolia Myllypuro")
DOORS: Final = [DoorChoice(uuid.UUID(int=1), WHERE[2], WHERE[1], WHERE[0])]
PERSON: Final = (uuid.UUID(int=90), "Otso Kuvitelma")
SOME: Final = [
    FoundEntry(
        number,
        NOW - timedelta(minutes=number),
        *WHERE,
        kind,
        let_in,
        reason,
        *(who or (None, None)),
    )
    for number, (kind, let_in, reason, who) in enumerate(
        (
            ("scan", True, "granted", PERSON),
            ("scan", False, "replayed", PERSON),
            ("scan", False, "malformed", None),
            ("released", False, None, None),
            ("forced_open", False, None, None),
        )
    )
]

STATES: Final = (
    State("entries", "nothing", lambda: render_page((), TODAY, DOORS)),
    State("entries", "some", lambda: render_page(SOME, TODAY, DOORS)),
)
