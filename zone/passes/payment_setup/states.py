"""The states of the page of payment providers, from invented values."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from zone.core.time import from_helsinki
from zone.passes.payment_setup.pages import providers_page
from zone.passes.reconciliation.queries import FixPlan, FixRequestView, PaymentDifference
from zone.web.forms import FormState
from zone.web.states import State

NOW: Final = from_helsinki(date(2026, 12, 1), time(16, 22))
NAMES: Final = {
    "fi": "Liikuntapassi, lukukausi",
    "sv": "Motionskort, termin",
    "en": "Sports pass, one term",
}
NOT_PAID: Final = PaymentDifference(
    UUID(int=1),
    "not_paid",
    "paytrail",
    "4f7d2c",
    None,
    4500,
    UUID(int=2),
    NOW,
    FixPlan("cancel_sale", 0, 4500, (NAMES,)),
)
OTHER_SUM: Final = replace(
    NOT_PAID, id=UUID(int=3), result="other_sum", cents=9900, fix=FixPlan("give_back", 5400, 0, ())
)
UNKNOWN: Final = replace(
    OTHER_SUM,
    id=UUID(int=4),
    result="unknown_here",
    expected=None,
    order_id=None,
    fix=FixPlan("give_back", 9900, 0, ()),
)
READER: Final = UUID(int=8)
ASKED: Final = FixRequestView(
    "waiting", "Aino Esimerkki", UUID(int=9), NOW, NOW + timedelta(days=14), None, None
)
ABOVE: Final = replace(UNKNOWN, id=UUID(int=6), fix=FixPlan("give_back", 19900, 0, (), True))
WAITS: Final = replace(ABOVE, id=UUID(int=7), reference="19ab42", request=ASKED)
OWN: Final = replace(
    ABOVE, id=UUID(int=10), reference="7c0d11", request=replace(ASKED, requested_by_id=READER)
)
DECLINED: Final = replace(
    ABOVE,
    id=UUID(int=11),
    reference="55e0f3",
    request=replace(ASKED, state="declined", decided_by="Otto Esimerkki", note="Ask the bank."),
)
GIVEN_BACK_THERE: Final = replace(
    NOT_PAID,
    id=UUID(int=12),
    result="refund_unknown_here",
    reference="62d0b8",
    cents=4500,
    fix=FixPlan("record_refund", 0, 4500, (NAMES,)),
)
REFUSED: Final = replace(OTHER_SUM, id=UUID(int=5), reference="81c0aa", fix=None, is_refused=True)


def _refused() -> str:
    state = FormState({"email": "wrong"}, errors={"email": ["wrong"]})
    return providers_page((), (UNKNOWN,), state, refused=UNKNOWN.id)


_differing = partial(
    providers_page, (), (NOT_PAID, OTHER_SUM, UNKNOWN, GIVEN_BACK_THERE, REFUSED), FormState()
)
_two_persons = partial(
    providers_page, (), (ABOVE, WAITS, OWN, DECLINED), FormState(), reader=READER
)
STATES: Final = (
    State("payment-providers", "differences", _differing),
    State("payment-providers", "only-to-note", partial(_differing, fixes=False)),
    State(
        "payment-providers", "mended", partial(providers_page, (), (), FormState(), done="fixed")
    ),
    State("payment-providers", "asked", partial(_two_persons, done="asked")),
    State("payment-providers", "declined", partial(_two_persons, done="declined")),
    State("payment-providers", "refused", _refused),
)
