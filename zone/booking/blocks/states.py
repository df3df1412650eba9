"""The page of spaces that are kept free in each of its states, with invented data."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.blocks.pages import blocks_page
from zone.booking.blocks.queries import BlockView
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

NOW: Final = datetime(2026, 12, 1, 12, tzinfo=UTC)
_SPACE: Final = uuid.UUID(int=31)
_HALL: Final = {"fi": "Iso sali", "sv": "Stora salen", "en": "Big hall"}
_EXAM: Final = BlockView(
    uuid.UUID(int=1),
    _SPACE,
    _HALL,
    "myyrmaki",
    "Metropolia Myyrmäki",
    NOW + timedelta(days=6, hours=-4),
    NOW + timedelta(days=6, hours=2),
    "Tentti · Tentamen · Examination",
    "Ville Vastaava",
    "scheduled",
)
_TAKEN: Final = {
    "taken_by": [
        {
            "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
            "starts_at": (NOW + timedelta(days=2)).isoformat(),
        },
        {"name": None, "starts_at": (NOW + timedelta(days=2, hours=2)).isoformat()},
    ]
}


def _page(*kept: BlockView, done: str | None = None, **form: Any) -> str:
    choices = [(str(_SPACE), "Metropolia Myyrmäki, Iso sali")]
    return blocks_page(list(kept), choices, FormState(**form), done, now=NOW)


STATES: Final = (
    State("blocks", "none", _page),
    State("blocks", "some", lambda: _page(_EXAM, done="kept")),
    State(
        "blocks",
        "taken",
        lambda: _page(
            _EXAM,
            values={"space": str(_SPACE), "day": "2026-12-03", "note": "Exam"},
            messages=(SPACE_TAKEN.text(language()),),
            details=_TAKEN,
        ),
    ),
    State("blocks", "wrong", lambda: _page(errors={"day": ["?"], "note": ["?"]})),
)
