"""The states of the page of the first steps, from invented values."""

from collections.abc import Collection
from functools import partial
from typing import Final

from zone.operation.setup.pages import setup_page
from zone.operation.setup.queries import Listed
from zone.operation.setup.rules import PATHS, steps
from zone.web.forms import FormState
from zone.web.states import State

INSTITUTIONS: Final = [Listed("esimerkki", "Esimerkki"), Listed("malli", "Malli")]
CAMPUSES: Final = [Listed("keskusta", "Esimerkki Keskusta"), Listed("ranta", "Malli Ranta")]


def _setup(done: Collection[str]) -> str:
    some = "institutions" not in done
    return setup_page(
        steps(done), INSTITUTIONS if some else [], CAMPUSES if some else [], FormState()
    )


STATES: Final = (
    State("setup", "new", partial(_setup, ())),
    State("setup", "some", partial(_setup, ("institutions", "campuses", "service", "mail"))),
    State("setup", "done", partial(_setup, tuple(PATHS))),
)
