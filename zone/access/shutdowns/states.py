"""The states of the page that shuts doors, of invented ones."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from zone.access.doors.queries import DoorChoice
from zone.access.shutdowns.pages import render_page
from zone.access.shutdowns.queries import ShutdownView
from zone.booking.timetable.states import NOW
from zone.core.errors import DomainError
from zone.web import forms
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

MYLLYPURO: Final = "Metropolia Myllypuro"
CAMPUSES: Final = (("myllypuro", MYLLYPURO), ("myyrmaki", "Metropolia Myyrmäki"))
DOORS: Final = [
    DoorChoice(uuid.UUID(int=1), MYLLYPURO, "Gym", "Gym door"),
    DoorChoice(uuid.UUID(int=2), MYLLYPURO, "Sports hall", "Hall door"),
]
BLOCKED: Final = ShutdownView(
    id=uuid.UUID(int=11),
    kind="blocked",
    campus="myllypuro",
    campus_name=MYLLYPURO,
    door=uuid.UUID(int=1),
    door_name="Gym door",
    area_name="Gym",
    reason="The lock is being repaired",
    by="Paula Keksitty",
    shut_at=NOW - timedelta(hours=3),
    lifted_at=None,
)
LOCKDOWN: Final = replace(
    BLOCKED,
    id=uuid.UUID(int=12),
    kind="lockdown",
    door=None,
    door_name=None,
    area_name=None,
    reason="Danger in the building",
    shut_at=NOW - timedelta(minutes=4),
)
EVERYWHERE: Final = replace(LOCKDOWN, id=uuid.UUID(int=13), campus=None, campus_name=None, by=None)


def _page(*shutdowns: ShutdownView, done: str | None = None) -> str:
    return render_page(shutdowns, CAMPUSES, DOORS, FormState(), done=done)


def _no_reason(kind: str, shutdowns: Sequence[ShutdownView] = ()) -> str:
    def page(state: FormState) -> str:
        return render_page(shutdowns, CAMPUSES, DOORS, state, kind)

    refusal = DomainError(INVALID_INPUT, fields={"reason": ["Say why."]})
    typed = {"place": str(uuid.UUID(int=2))}
    return forms.refused(page, refusal, typed=typed, key="").get_data(as_text=True)


STATES: Final = (
    State("shut-doors", "none-shut", _page),
    State("shut-doors", "one-blocked", partial(_page, BLOCKED)),
    State("shut-doors", "lockdown", partial(_page, LOCKDOWN, BLOCKED, done="shut")),
    State("shut-doors", "lockdown-everywhere", partial(_page, EVERYWHERE)),
    State("shut-doors", "lifted", partial(_page, done="lifted")),
    State("shut-doors", "lockdown-without-a-reason", partial(_no_reason, "lockdown")),
    State("shut-doors", "block-without-a-reason", partial(_no_reason, "blocked")),
)
