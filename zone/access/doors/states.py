"""The states of the page of one door, of an invented one."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any, Final

from zone.access.doors.errors import HELD_TIMES_REVERSED
from zone.access.doors.pages import render_page, values_of
from zone.access.doors.queries import DoorView
from zone.core.errors import DomainError, edited_meanwhile
from zone.web import forms
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

AREAS: Final = {str(uuid.UUID(int=201)): "Metropolia Myllypuro: Gym"}
BRIDGES: Final = {str(uuid.UUID(int=1)): "myllypuro-1"}
DOOR: Final = DoorView(
    id=uuid.UUID(int=101),
    name="Gym door",
    area=uuid.UUID(int=201),
    area_name="Gym",
    campus="myllypuro",
    bridge=uuid.UUID(int=1),
    bridge_name="myllypuro-1",
    online=True,
    state="normal",
    strike_ms=5000,
    direction="in",
    held_warning_seconds=20,
    held_alarm_seconds=30,
    version=4,
    last_entry=None,
)


def _page(state: FormState | None = None, door: DoorView | None = DOOR, done: str = "") -> str:
    return render_page(state or FormState(), door, AREAS, BRIDGES, done)


def _refused(refusal: DomainError, stored: dict[str, Any] | None = None, **typed: Any) -> str:
    typed = values_of(DOOR) | typed
    read = (lambda: stored) if stored else None
    return forms.refused(_page, refusal, typed, "k", read).get_data(as_text=True)


STATES: Final = (
    State("door", "as-it-is", _page),
    State("door", "saved", partial(_page, done="saved")),
    State(
        "door", "of-a-revoked-bridge", partial(_page, door=replace(DOOR, bridge=uuid.UUID(int=9)))
    ),
    State("door", "new", partial(_page, door=None)),
    State("door", "new-without-an-area", lambda: render_page(FormState(), None, {}, BRIDGES)),
    State(
        "door",
        "warning-after-the-alarm",
        lambda: _refused(DomainError(HELD_TIMES_REVERSED), held_warning_seconds=90),
    ),
    State(
        "door",
        "not-valid",
        lambda: _refused(
            DomainError(INVALID_INPUT, fields={"strike_ms": ["Must be at least 100."]}), strike_ms=5
        ),
    ),
    State(
        "door",
        "changed-meanwhile",
        lambda: _refused(
            edited_meanwhile(5, ["strike_ms"]),
            values_of(replace(DOOR, strike_ms=15_000, version=5)),
            strike_ms=7000,
        ),
    ),
)
