"""The states of the pages of the terms of sale, from invented values."""

from datetime import date
from functools import partial
from typing import Final

from zone.passes.sale_terms.errors import TERMS_IN_THE_PAST
from zone.passes.sale_terms.pages import manage_page, terms_page
from zone.passes.sale_terms.rules import TermsVersion
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

TODAY: Final = date(2026, 10, 12)
TEXT: Final = {
    "fi": "Hinnat sisältävät arvonlisäveron.\n\nVoit peruuttaa tilauksen {days} päivän kuluessa.",
    "sv": "Priserna innehåller moms.\n\nDu kan ångra beställningen inom {days} dagar.",
    "en": "Prices include VAT.\n\nYou can withdraw within {days} days.",
}
CONSENT: Final = {
    "fi": "Haluan aloittaa heti.",
    "sv": "Jag vill börja genast.",
    "en": "I want to start at once.",
}
VERSIONS: Final = (
    TermsVersion(1, date(2026, 1, 1), TEXT, CONSENT),
    TermsVersion(2, date(2027, 1, 1), TEXT, CONSENT),
)


def _refused() -> str:
    typed = {"valid_from": "2020-01-01", "terms": TEXT, "consent": CONSENT}
    state = FormState(typed, messages=(TERMS_IN_THE_PAST.text(language(), {}),))
    return manage_page(VERSIONS, state, TODAY)


STATES: Final = (
    State("sale-terms", "shown", partial(terms_page, VERSIONS[0], 14)),
    State("sale-terms", "managed", lambda: manage_page(VERSIONS, FormState(), TODAY)),
    State("sale-terms", "saved", lambda: manage_page(VERSIONS, FormState(), TODAY, done=True)),
    State("sale-terms", "refused", _refused),
)
