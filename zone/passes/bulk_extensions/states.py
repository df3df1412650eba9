"""The states of the page of bulk extensions, from invented values."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Final
from uuid import UUID

from zone.passes.bulk_extensions.pages import extensions_page
from zone.passes.bulk_extensions.queries import ExtendedPass, ExtensionPreview, ExtensionView
from zone.web.forms import FormState
from zone.web.states import State

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 6)
PLACES: Final = (("pasila", "Haaga-Helia Pasila"),)
PRODUCTS: Final = (("term", "Term pass"),)
NAMES: Final = {"fi": "Lukukausikortti", "sv": "Terminskort", "en": "Term pass"}
TYPED: Final = {
    "act": str(UUID(int=7)),
    "first_day": FIRST.isoformat(),
    "last_day": LAST.isoformat(),
    "campus": "pasila",
    "reason": "The gym was closed for repairs",
}


def _made(done: int) -> ExtensionView:
    at = datetime(2026, 11, 9, 8, tzinfo=UTC)
    reason = TYPED["reason"]
    return ExtensionView(UUID(int=8), "pasila", None, FIRST, LAST, reason, at, 120, done, 1)


def _reached(number: int) -> ExtensionPreview:
    ends, later = date(2026, 12, 31), date(2027, 1, 5)
    some = [
        ExtendedPass(n, n, UUID(int=n), UUID(int=n), NAMES, 5, ends, later) for n in range(number)
    ]
    return ExtensionPreview(some, in_vain=2, own=1)


def _asked(number: int) -> str:
    return extensions_page((), PLACES, PRODUCTS, FormState(TYPED, preview=_reached(number)))


def _refused() -> str:
    typed = FormState(TYPED | {"reason": ""}, errors={"reason": ["wrong"]})
    return extensions_page((), PLACES, PRODUCTS, typed)


STATES: Final = (
    State("pass-extensions", "none", partial(extensions_page, (), PLACES, PRODUCTS, FormState())),
    State("pass-extensions", "asked", partial(_asked, 3)),
    State("pass-extensions", "nobody", partial(_asked, 0)),
    State("pass-extensions", "refused", _refused),
    State(
        "pass-extensions",
        "under-way",
        partial(extensions_page, [_made(40), _made(119)], PLACES, PRODUCTS, FormState(), done=True),
    ),
    State(
        "pass-extensions",
        "only-to-read",
        partial(extensions_page, (), PLACES, PRODUCTS, FormState(), may_change=False),
    ),
)
