"""The states of the managers' page of what a product lets its holder do, from invented values."""

from functools import partial
from typing import Final

from zone.core.errors import edited_meanwhile
from zone.passes.entitlements.pages import entitlements_page, form_values
from zone.passes.entitlements.rules import NONE, Conditions, UseHours
from zone.web import forms
from zone.web.forms import FormState
from zone.web.states import State

NAME: Final = {"fi": "Aamupassi", "sv": "Morgonkort", "en": "Morning pass"}
MORNINGS: Final = Conditions((UseHours((1, 2, 3, 4, 5), 0, 14 * 60),), 1, 2, ("class", "online"))


def _page(conditions: Conditions = NONE, *, done: bool = False) -> str:
    return entitlements_page(NAME, FormState(form_values("mornings", 3, conditions)), done=done)


def _changed_meanwhile() -> str:
    return forms.refused(
        lambda state: entitlements_page(NAME, state),
        edited_meanwhile(4, ["entitlements"]),
        typed=form_values("mornings", 3, NONE),
        key="",
        stored=lambda: form_values("mornings", 4, MORNINGS),
    ).get_data(as_text=True)


STATES: Final = (
    State("entitlements", "none", _page),
    State("entitlements", "some", partial(_page, MORNINGS)),
    State("entitlements", "saved", partial(_page, MORNINGS, done=True)),
    State("entitlements", "changed-meanwhile", _changed_meanwhile),
)
