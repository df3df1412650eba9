"""The pages of the booking rules in each of their states, with invented data."""

import uuid
from datetime import UTC, date, datetime, time
from typing import Final

from zone.booking.policies.errors import POLICY_INVALID
from zone.booking.policies.pages import form_page, rules_page
from zone.booking.policies.resolution import NAMES, PolicyScope
from zone.booking.policies.rules import Policy
from zone.booking.policies.views import PlannedNumbers, ScopeView
from zone.core.time import from_helsinki
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

NOW: Final = datetime(2026, 12, 1, 12, tzinfo=UTC)
_NEW_YEAR: Final = from_helsinki(date(2027, 1, 1), time())
_YOGA: Final = uuid.UUID(int=41)
_ACTIVITIES: Final = [(str(_YOGA), "Jooga · Yoga")]
_NONE: Final = dict.fromkeys(NAMES)
_ALL: Final = ScopeView(
    PolicyScope(),
    None,
    None,
    _NONE | {"open_bookings": 6},
    Policy(),
    [PlannedNumbers(_NEW_YEAR, {"opens_days": 14, "remind_hours": 0})],
    3,
)
_STAFF: Final = ScopeView(
    PolicyScope(None, "staff"), None, None, _NONE | {"opens_days": 10}, Policy()
)
_YOGA_RULES: Final = ScopeView(
    PolicyScope(1),
    _YOGA,
    {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
    _NONE | {"cancel_minutes": 360, "marks_percent": 0},
    Policy(open_bookings=6),
    [PlannedNumbers(_NEW_YEAR, {"cancel_minutes": None})],
)


def _refused() -> str:
    messages = (POLICY_INVALID.text(language()),)
    return form_page(_ALL, FormState({"opens_days": 1, "version": 3}, messages=messages), NOW)


def _wrong() -> str:
    state = FormState({"opens_days": "soon", "version": 1}, errors={"opens_days": ["?"]})
    return form_page(_STAFF, state, NOW)


def _edited_meanwhile() -> str:
    stored = {"opens_days": 12, "open_bookings": 5, "version": 2}
    return form_page(_STAFF, FormState({"opens_days": 14, "version": 1}, stored=stored), NOW)


STATES: Final = (
    State("rules", "same-for-all", lambda: rules_page([_ALL], _ACTIVITIES)),
    State("rules", "some-differ", lambda: rules_page([_ALL, _STAFF, _YOGA_RULES], _ACTIVITIES)),
    State("rules", "saved", lambda: rules_page([_ALL, _STAFF], _ACTIVITIES, done=True)),
    State("rules", "form", lambda: form_page(_ALL, FormState(), NOW)),
    State("rules", "form-of-a-class", lambda: form_page(_YOGA_RULES, FormState(), NOW)),
    State("rules", "refused", _refused),
    State("rules", "wrong", _wrong),
    State("rules", "edited-meanwhile", _edited_meanwhile),
)
