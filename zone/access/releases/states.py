"""The states of the page of when a door is open to everybody, of an invented one."""

import uuid
from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from typing import Any, Final

from zone.access.releases.errors import RELEASE_TAKEN
from zone.access.releases.pages import render_page
from zone.access.releases.queries import DoorReleases, ReleaseDayView, ReleaseView
from zone.access.releases.rules import ReleaseWindow
from zone.booking.timetable.states import NOW
from zone.core.errors import DomainError
from zone.web import forms
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

NONE: Final = DoorReleases(
    uuid.UUID(int=1), "Lobby door", "Lobby", "Metropolia Myllypuro", (), (), ()
)
SOME: Final = replace(
    NONE,
    releases=[
        ReleaseView(uuid.UUID(int=2), (1, 2, 3, 4, 5), time(8), time(16), first_person=True),
        ReleaseView(uuid.UUID(int=3), (6,), time(10), time(14), first_person=False),
    ],
    days=[
        ReleaseDayView(date(2026, 12, 6), None, None, "Independence Day"),
        ReleaseDayView(date(2026, 12, 9), time(8), time(20), "Open day"),
    ],
    coming=[
        ReleaseWindow(NOW + timedelta(days=n), NOW + timedelta(days=n, hours=8), n != 2)
        for n in range(3)
    ],
)


def _refused(asked: str, refusal: DomainError, **typed: Any) -> str:
    def page(state: FormState) -> str:
        return render_page(SOME, state, asked)

    return forms.refused(page, refusal, typed=typed, key="").get_data(as_text=True)


STATES: Final = (
    State("open-doors", "none", lambda: render_page(NONE, FormState())),
    State("open-doors", "some", lambda: render_page(SOME, FormState())),
    State(
        "open-doors",
        "always",
        lambda: render_page(replace(SOME, always_open=True), FormState()),
    ),
    State("open-doors", "added", lambda: render_page(SOME, FormState(), done="added")),
    State(
        "open-doors",
        "the-same-time",
        partial(
            _refused,
            "week",
            DomainError(RELEASE_TAKEN),
            weekdays=["1", "2"],
            opens="08:00",
            closes="16:00",
        ),
    ),
    State(
        "open-doors",
        "day-without-a-reason",
        partial(
            _refused,
            "day",
            DomainError(INVALID_INPUT, fields={"reason": ["Say why."]}),
            day="2026-12-09",
            opens="08:00",
            closes="20:00",
        ),
    ),
)
