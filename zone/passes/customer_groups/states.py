"""The states of the pages of customer groups, from invented values."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from zone.passes.customer_groups.pages import group_page, groups_page
from zone.passes.customer_groups.queries import CustomerGroupView, InstitutionMove
from zone.web.forms import FormState
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
NEW_YEAR: Final = date(2027, 1, 1)
OWN: Final = {"fi": "Omistajat", "sv": "Ägare", "en": "Owners"}
PARTNERS: Final = {"fi": "Kumppanit", "sv": "Partner", "en": "Partners"}
OWNERS: Final = CustomerGroupView("owners", OWN, None, 2, ["Laurea", "Metropolia"])
ENDING: Final = CustomerGroupView("partners", PARTNERS, NEW_YEAR, 3, ["Arcada"])
ENDED: Final = CustomerGroupView("partners", PARTNERS, date(2026, 8, 1), 3, [])
MOVES: Final = (
    InstitutionMove("arcada", "Arcada", "partners", date(2026, 8, 1)),
    InstitutionMove("arcada", "Arcada", None, NEW_YEAR, to_come=True),
    InstitutionMove("humak", "Humak", None, None),
    InstitutionMove("laurea", "Laurea", "owners", date(2026, 8, 1)),
    InstitutionMove("metropolia", "Metropolia", "owners", date(2026, 8, 1)),
)


def _groups(groups: Sequence[CustomerGroupView], moves: Sequence[InstitutionMove] = MOVES) -> str:
    joinable = {one.code: one.name for one in groups if one.ended_on is None}
    return groups_page(groups, moves, joinable, TODAY, FormState())


def _group(one: CustomerGroupView | None, moves: Sequence[InstitutionMove] = ()) -> str:
    values = {"code": one.code, "name": one.name, "version": one.version} if one else {}
    return group_page(one, moves, TODAY, FormState(values), FormState())


STATES: Final = (
    State("customer-groups", "none", partial(_groups, [], MOVES[2:3])),
    State("customer-groups", "some", partial(_groups, [OWNERS, ENDING])),
    State("customer-group", "new", partial(_group, None)),
    State("customer-group", "one", partial(_group, OWNERS, MOVES[3:])),
    State("customer-group", "ending", partial(_group, ENDING, MOVES[:1])),
    State("customer-group", "ended", partial(_group, ENDED)),
)
