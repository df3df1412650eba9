"""The states of the page of a pass, from invented values."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from zone.booking.pauses.pages import passes_page, show_page
from zone.booking.pauses.queries import PassPage
from zone.core.time import from_helsinki
from zone.passes.entitlements.rules import NONE, Conditions, UseHours
from zone.passes.pass_rules.rules import FIRST_RULES, PassRules
from zone.passes.passes.life import Days, HistoryEvent
from zone.passes.passes.queries import PassView
from zone.passes.pauses.errors import PAUSE_LENGTH
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

NAMES: Final = {
    "fi": "Liikuntapassi, lukukausi",
    "sv": "Motionskort, termin",
    "en": "Sports pass, one term",
}
TODAY: Final = date(2026, 10, 12)
LIMITS: Final = Conditions(
    (UseHours((1, 2, 3, 4, 5), 6 * 60, 14 * 60), UseHours((6, 7))), 1, 2, ("class", "online")
)
PAUSE: Final[Days] = (date(2026, 10, 5), date(2026, 11, 1))
COMING: Final[Days] = (date(2026, 11, 9), date(2026, 12, 6))


def _at(day: date) -> datetime:
    return from_helsinki(day, time(12))


def _held(
    state: str = "valid", pauses: Sequence[Days] = (), conditions: Conditions = NONE
) -> PassView:
    ends = date(2027, 1, 3)
    return PassView(
        UUID(int=1),
        "sports_pass",
        NAMES,
        ("gym", "class", "court"),
        (),
        from_helsinki(date(2026, 9, 1), time()),
        from_helsinki(ends + timedelta(days=1), time()),
        state,
        _at(date(2026, 9, 2)),
        tuple(pauses),
        PAUSE[1] if state == "paused" else None,
        conditions=conditions,
    )


def _page(
    state: str = "valid",
    pauses: Sequence[Days] = (),
    *,
    rules: PassRules = FIRST_RULES,
    form: FormState | None = None,
    done: str | None = None,
    conditions: Conditions = NONE,
    campuses: Sequence[str] = (),
) -> str:
    held = _held(state, pauses, conditions)
    live = state in ("valid", "paused")
    history = [
        HistoryEvent("paused", _at(first), "holder", None, "own_wish", first, last, None)
        for first, last in pauses
    ]
    history += [
        HistoryEvent(
            "extended", _at(date(2026, 9, 20)), "staff", "Closed: repairs", None, None, None, 3
        ),
        HistoryEvent("activated", _at(date(2026, 9, 2)), "door", None, None, None, None, None),
        HistoryEvent("sold", _at(date(2026, 9, 1)), "order", None, None, None, None, None),
    ]
    coming = [pause for pause in pauses if pause[1] >= TODAY]
    page = PassPage(
        held,
        history,
        rules,
        live and rules.holder_pauses and len(pauses) < rules.pauses_most,
        TODAY + timedelta(days=1),
        min(coming, default=None) if live else None,
        campuses,
    )
    return show_page(page, form or FormState(), done)


def _refused() -> str:
    numbers = {"shortest": FIRST_RULES.pause_shortest, "longest": FIRST_RULES.pause_longest}
    typed = {"first_day": "2026-10-13", "last_day": "2026-10-15"}
    return _page(form=FormState(typed, messages=(PAUSE_LENGTH.text(language(), numbers),)))


def _some() -> str:
    states = ("paused", "valid", "expired", "upgraded", "refunded", "ended")
    return passes_page([_held(state) for state in states])


STATES: Final = (
    State("pass-life", "valid", _page),
    State("pass-life", "with-conditions", partial(_page, conditions=LIMITS, campuses=["Myyrmäki"])),
    State("pass-life", "paused", partial(_page, "paused", [PAUSE])),
    State("pass-life", "pause-to-come", partial(_page, "valid", [COMING])),
    State("pass-life", "paused-too-often", partial(_page, "valid", [PAUSE, COMING])),
    State("pass-life", "paused-by-staff", partial(_page, rules=PassRules(holder_pauses=False))),
    State("pass-life", "refused", _refused),
    State("pass-life", "expired", partial(_page, "expired")),
    State("pass-life", "ended", partial(_page, "ended")),
    State("pass-life", "upgraded", partial(_page, "upgraded")),
    State("own-passes", "none", partial(passes_page, ())),
    State("own-passes", "some", _some),
)
