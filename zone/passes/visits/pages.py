"""The page of visits for which no visit of a pass was left."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template

from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.visits import queries
from zone.passes.visits.queries import UnpaidVisit
from zone.web.auth import may
from zone.web.looks import note_look

pages: Final = Blueprint("passes_visits_pages", __name__, template_folder="templates")


@pages.get("/manage/unpaid-visits")
@may(Permission.DESK_USE)
def unpaid() -> str:
    """Show who came in by a pass without a visit left; who looked is on record."""
    note_look("visit.unpaid", "pass_visit")
    with reading() as session:
        return list_page(queries.unpaid_visits(session))


def list_page(visits: Sequence[UnpaidVisit]) -> str:
    """Return the page that lists visits without one left."""
    return render_template("passes/visits/unpaid.html", visits=visits)
