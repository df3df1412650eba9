"""The states of the page of the invariants, with invented results."""

from datetime import timedelta
from functools import partial
from typing import Final

from flask import current_app

from zone.core.clock import utc_now
from zone.operation.integrity.pages import integrity_page
from zone.operation.integrity.queries import Integrity, InvariantView
from zone.web.context import invariants_of
from zone.web.states import State

BROKEN: Final = {
    "places": (1, ("allocation 4711",), None),
    "rows": (12, tuple(f"pass {number}" for number in (17, 18, 19, 23, 42)), None),
    "marks": (None, (), "JSONDecodeError"),
}


def _page(*, checked: bool = True, broken: bool = False, running: bool = False) -> str:
    at = utc_now() - timedelta(hours=6) if checked else None
    found = BROKEN if broken else {}
    views = [
        InvariantView(one.name, one.holds, one.todo, at, *found.get(one.name, (0, (), None)))
        for one in invariants_of(current_app)
    ]
    return integrity_page(Integrity(views, at, running), [])


STATES: Final = (
    State("integrity", "everything-holds", _page),
    State("integrity", "something-is-broken", partial(_page, broken=True)),
    State("integrity", "being-checked", partial(_page, running=True)),
    State("integrity", "never-checked", partial(_page, checked=False)),
)
