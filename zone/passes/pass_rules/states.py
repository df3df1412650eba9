"""The states of the page of the rules of passes, from invented values."""

from datetime import date
from functools import partial
from typing import Final

from zone.passes.pass_rules.pages import rules_page
from zone.passes.pass_rules.rules import DatedPassRules, PassRules
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 10, 12)
COMING: Final = (
    DatedPassRules(1, date(2026, 9, 1), PassRules(devices=2, loss_fee="lost-card")),
    DatedPassRules(2, date(2027, 1, 1), PassRules(holder_pauses=False, refund_until_day=None)),
)


def _refused() -> str:
    typed = {"devices": "0"}
    return rules_page((), FormState(typed, errors={"devices": ["wrong"]}), TODAY)


STATES: Final = (
    State("pass-rules", "first", partial(rules_page, (), FormState(), TODAY)),
    State("pass-rules", "to-come", partial(rules_page, COMING, FormState(), TODAY)),
    State("pass-rules", "saved", partial(rules_page, COMING, FormState(), TODAY, done=True)),
    State("pass-rules", "refused", _refused),
    State(
        "pass-rules",
        "only-to-read",
        partial(rules_page, COMING, FormState(), TODAY, may_change=False),
    ),
)
