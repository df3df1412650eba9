"""The states of the managers' page of the activities that a pass is for, from invented values."""

from functools import partial
from typing import Final
from uuid import UUID

from zone.booking.pass_activities.pages import activities_page, form_values
from zone.core.errors import edited_meanwhile
from zone.passes.entitlements.rules import SingleActivity
from zone.web import forms
from zone.web.forms import FormState
from zone.web.states import State

NAME: Final = {"fi": "Joogapassi", "sv": "Yogakort", "en": "Yoga card"}
YOGA: Final = SingleActivity(UUID(int=1), "Jooga", "Yoga", "Yoga")
PILATES: Final = SingleActivity(UUID(int=2), "Pilates", "Pilates", "Pilates")
CIRCUIT: Final = SingleActivity(UUID(int=3), "Kuntopiiri", "Cirkelträning", "Circuit")
CHOICES: Final = (CIRCUIT, PILATES, YOGA)


def _page(
    chosen: tuple[SingleActivity, ...] = (),
    choices: tuple[SingleActivity, ...] = CHOICES,
    *,
    done: bool = False,
) -> str:
    return activities_page(NAME, choices, FormState(form_values("yoga", 3, chosen)), done=done)


def _changed_meanwhile() -> str:
    return forms.refused(
        lambda state: activities_page(NAME, CHOICES, state),
        edited_meanwhile(4, ["activities"]),
        typed=form_values("yoga", 3, (YOGA,)),
        key="",
        stored=lambda: form_values("yoga", 4, (YOGA, PILATES)),
    ).get_data(as_text=True)


STATES: Final = (
    State("pass-activities", "none", _page),
    State("pass-activities", "some", partial(_page, (YOGA, PILATES))),
    State("pass-activities", "saved", partial(_page, (YOGA,), done=True)),
    State("pass-activities", "no-classes", partial(_page, (), ())),
    State("pass-activities", "changed-meanwhile", _changed_meanwhile),
)
