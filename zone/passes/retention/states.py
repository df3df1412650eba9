"""The states of the pages of how long the books are kept, from invented values."""

from datetime import date, time
from functools import partial
from typing import Final

from zone.core.time import from_helsinki
from zone.passes.retention.pages import certificate_page, rules_page
from zone.passes.retention.queries import CertificateView, NumbersView
from zone.passes.retention.rules import BookkeepingRules, DatedBookkeepingRules
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 10, 12)
COMING: Final = (DatedBookkeepingRules(1, date(2027, 1, 1), BookkeepingRules(7, 10)),)
DELETED: Final = CertificateView(
    date(2019, 12, 31),
    6,
    from_helsinki(date(2026, 1, 1), time(3)),
    {"receipt": 4817, "payment": 4902, "orders": 5120},
    "9f" * 32,
    (NumbersView("", 2019, 1, 4700, 4700), NumbersView("C", 2019, 1, 117, 117)),
)


def _refused() -> str:
    state = FormState({"years_kept": "5"}, errors={"years_kept": ["wrong"]})
    return rules_page((), (), state, TODAY)


STATES: Final = (
    State("books", "retention", partial(rules_page, (), (), FormState(), TODAY)),
    State(
        "books",
        "retention-with-a-deleted-year",
        partial(rules_page, COMING, (DELETED,), FormState(), TODAY, done=True),
    ),
    State("books", "retention-refused", _refused),
    State(
        "books",
        "retention-only-to-read",
        partial(rules_page, COMING, (DELETED,), FormState(), TODAY, may_change=False),
    ),
    State("books", "certificate", partial(certificate_page, DELETED)),
)
