"""The states of the pages of cost shares, from invented values."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from zone.reporting.shares import rules
from zone.reporting.shares.pages import periods_page, report_page, weights_page
from zone.reporting.shares.queries import CostReport, SharesReceipt
from zone.reporting.shares.rules import DatedWeights, UseCounts, Weights
from zone.web.forms import FormState
from zone.web.states import State

WEIGHTS: Final = Weights(6000, 3000, 1000)
NAMES: Final = {
    "metropolia": "Metropolia",
    "haaga-helia": "Haaga-Helia",
    "laurea": "Laurea",
    "arcada": "Arcada",
    "diak": "Diak",
    "humak": "Humak",
}
COUNTS: Final = {
    "metropolia": UseCounts(9120, 3_420_000, 934),
    "haaga-helia": UseCounts(5480, 2_190_000, 571),
    "laurea": UseCounts(3710, 1_515_000, 402),
    "arcada": UseCounts(1240, 640_000, 173),
    "diak": UseCounts(96, 42_000, 12),
    "humak": UseCounts(14, 9_000, 3),
}
_FIRST: Final = date(2026, 1, 1)
_LAST: Final = date(2026, 6, 1)
_CENTS: Final = 3_500_000
_WAITING: Final = CostReport(_FIRST, _LAST, rules.counted_at(_LAST), "waiting", _CENTS, WEIGHTS)
_COUNTED: Final = replace(_WAITING, state="counted", shares=rules.shared(_CENTS, COUNTS, WEIGHTS))
_FEW: Final = replace(_COUNTED, shares=rules.shared(_CENTS, {"humak": COUNTS["humak"]}, WEIGHTS))
_FIXED: Final = replace(
    _COUNTED,
    state="fixed",
    receipt=SharesReceipt(
        datetime(2026, 8, 3, 9, 12, tzinfo=UTC), rules.DEFINITION, 19_660, 2_103, 2_095, "5f" * 32
    ),
)

STATES: Final = (
    State("shares", "none", partial(periods_page, (), FormState())),
    State("shares", "some", partial(periods_page, (_WAITING, _FIXED), FormState())),
    State("share", "waiting", partial(report_page, _WAITING, NAMES, FormState())),
    State("share", "counted", partial(report_page, _COUNTED, NAMES, FormState())),
    State(
        "share", "nothing", partial(report_page, replace(_COUNTED, shares=()), NAMES, FormState())
    ),
    State("share", "too-few", partial(report_page, _FEW, NAMES, FormState())),
    State("share", "fixed", partial(report_page, _FIXED, NAMES, FormState(), done="fixed")),
    State("share-weights", "none", partial(weights_page, (), FormState())),
    State(
        "share-weights",
        "saved",
        partial(weights_page, (DatedWeights(1, _FIRST, WEIGHTS),), FormState(), done=True),
    ),
)
