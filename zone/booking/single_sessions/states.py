"""The page of a new single session in each of its states, with invented data."""

from datetime import UTC, datetime
from typing import Any, Final

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.class_forms.pages import categories
from zone.booking.sessions.pages import level_names
from zone.booking.single_sessions.errors import SESSION_IN_PAST
from zone.booking.single_sessions.pages import NEW, new_session_page
from zone.core.i18n import OWN_NAMES
from zone.passes.entitlements.views import activity_names
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

_AT: Final = datetime(2026, 12, 5, 15, tzinfo=UTC).isoformat()
_HALL: Final = {"fi": "Iso sali", "sv": "Stora salen", "en": "Big hall"}
_TAKEN: Final = {
    "taken_by": [{"name": _HALL, "starts_at": _AT, "ends_at": _AT}],
    "alternatives": [{"name": _HALL, "starts_at": "18:30"}],
}


def _page(values: dict[str, Any] | None = None, **form: Any) -> str:
    lists = {
        "languages": OWN_NAMES,
        "spaces": [("1", "Metropolia Myyrmäki, Iso sali")],
        "people": [("1", "Sanna Kuvitelma")],
        "kinds": list(activity_names(language()).items()),
        "levels": list(level_names().items()),
        "categories": categories(""),
    }
    texts: dict[str, Any] = {"name": {}, "description": {}, "bring": {}}
    shown = texts | dict(NEW) | {"day": "2026-12-05"} | (values or {})
    return new_session_page(shown, lists, FormState(shown, **form))


STATES: Final = (
    State("single-session", "new", _page),
    State(
        "single-session",
        "taken",
        lambda: _page({"name": _HALL}, messages=(SPACE_TAKEN.text(language()),), details=_TAKEN),
    ),
    State("single-session", "past", lambda: _page(messages=(SESSION_IN_PAST.text(language()),))),
    State("single-session", "wrong", lambda: _page(errors={"name": ["?"], "day": ["?"]})),
)
