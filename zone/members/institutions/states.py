"""The states of the pages of institutions, from invented values."""

from functools import partial
from typing import Final

from zone.members.institutions.pages import institution_page, institutions_page, region_page
from zone.members.institutions.queries import InstitutionView, RegionView
from zone.members.institutions.schemas import InstitutionSchema
from zone.web.forms import FormState
from zone.web.schemas import dump_json
from zone.web.states import State

NORTH: Final = RegionView("north", {"fi": "Pohjoinen", "sv": "Norr", "en": "The north"}, version=1)
ALL: Final = InstitutionView("esimerkki", "Esimerkki", True, True, None, 3, 1240, 87)
SOME: Final = InstitutionView("malli", "Malli", True, False, "north", 1, 12, 0)
NOBODY: Final = InstitutionView("entinen", "Entinen", False, False, None, 2)


def _institution(one: InstitutionView | None) -> str:
    values = dump_json(InstitutionSchema(), one) if one else {"admits_students": True}
    return institution_page(one, [NORTH], FormState(values))


def _region(one: RegionView | None) -> str:
    values = {"name": one.name, "version": one.version} if one else {}
    return region_page(one, FormState(values))


STATES: Final = (
    State("institutions", "none", partial(institutions_page, [], [])),
    State("institutions", "some", partial(institutions_page, [ALL, NOBODY, SOME], [NORTH])),
    State("institution", "new", partial(_institution, None)),
    State("institution", "one", partial(_institution, SOME)),
    State("study-region", "new", partial(_region, None)),
    State("study-region", "one", partial(_region, NORTH)),
)
