"""The states of the page of conflicts, of invented ones."""

import uuid
from datetime import timedelta
from typing import Final

from zone.access.conflicts.pages import render_page
from zone.access.conflicts.queries import AdmissionView, ConflictView
from zone.access.conflicts.rules import KINDS
from zone.booking.timetable.states import NOW
from zone.web.states import State

HERE: Final = AdmissionView("Gym door", "Gym", "Metropolia Myllypuro", NOW)
THERE: Final = AdmissionView(
    "Studio", "Studios and gym", "Metropolia Myyrmäki", NOW - timedelta(minutes=4)
)
SOME: Final = [
    ConflictView(
        uuid.UUID(int=number),
        kind,
        uuid.UUID(int=90) if number % 2 else None,
        "Otso Kuvitelma" if number % 2 else None,
        HERE,
        THERE if number < 4 else None,
        NOW,
    )
    for number, kind in enumerate(KINDS, 1)
]

STATES: Final = (
    State("door-conflicts", "none", lambda: render_page(())),
    State("door-conflicts", "some", lambda: render_page(SOME)),
)
