"""The front desk: what this feature offers to the application."""

from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission, Role
from zone.core.personal_data import PersonalData
from zone.desk.courts.pages import pages as desk_courts_pages
from zone.desk.courts.states import STATES as COURT_STATES
from zone.desk.entries.pages import pages as desk_entries_pages
from zone.desk.entries.states import STATES as ENTRY_STATES
from zone.desk.given_passes.api import api as desk_given_passes_api
from zone.desk.live_doors.api import api as desk_live_doors_api
from zone.desk.live_doors.pages import pages as desk_live_doors_pages
from zone.desk.lost_phones import invariants as lost_phones_invariants
from zone.desk.lost_phones.api import api as desk_lost_phones_api
from zone.desk.passes.api import api as desk_passes_api
from zone.desk.people import mails as people_mails
from zone.desk.people.api import api as desk_people_api
from zone.desk.people.pages import pages as desk_people_pages
from zone.desk.people.states import STATES
from zone.desk.sales.api import api as desk_sales_api
from zone.desk.sales.pages import pages as desk_sales_pages
from zone.desk.sales.states import STATES as SALE_STATES
from zone.desk.search.api import api as desk_search_api
from zone.desk.search.pages import pages as desk_search_pages
from zone.web.feature import Feature, NavItem

FEATURE: Final = Feature(
    name="desk",
    mails=(*people_mails.MAILS,),
    apis=(
        desk_given_passes_api,
        desk_live_doors_api,
        desk_lost_phones_api,
        desk_passes_api,
        desk_people_api,
        desk_sales_api,
        desk_search_api,
    ),
    pages=(
        desk_courts_pages,
        desk_entries_pages,
        desk_live_doors_pages,
        desk_people_pages,
        desk_sales_pages,
        desk_search_pages,
    ),
    invariants=(*lost_phones_invariants.INVARIANTS,),
    personal_data=(
        PersonalData(
            "handled_denial",
            ("actor_id",),
            reason="who at the desk saw to a refusal stays known, as in the audit",
        ),
    ),
    navigation=(
        NavItem(
            "desk",
            "/desk",
            lazy_gettext("Desk"),
            "door-open",
            position=2,
            permission=Permission.DESK_USE,
        ),
    ),
    homes=((Role.DESK, "/desk"),),
    states=(*STATES, *COURT_STATES, *ENTRY_STATES, *SALE_STATES),
)
