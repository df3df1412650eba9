"""The page of conflicts among entries of doors, and what to do about each. Plain forms."""

import uuid
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from zone.access.conflicts import queries, service
from zone.access.conflicts.queries import ConflictView
from zone.access.conflicts.schemas import STEPS, TITLES
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.looks import note_look

pages: Final = Blueprint("access_conflicts_pages", __name__, template_folder="templates")


@pages.get("/manage/doors/conflicts")
@may(Permission.DOORS_WRITE)
def show() -> str:
    """Show what nobody has seen to, with the people."""
    note_look("conflict.list", "conflict")
    with reading() as session:
        return render_page(queries.open_conflicts(session))


@pages.post("/manage/doors/conflicts/<uuid:conflict_id>/seen")
@may(Permission.DOORS_WRITE)
def see_to(conflict_id: uuid.UUID) -> Response:
    """Record that the member of staff has seen to a conflict."""
    with writing() as session:
        service.see_to(session, conflict_id, actor=current_actor(), now=utc_now())
    return redirect(url_for("access_conflicts_pages.show"), 303)


def render_page(conflicts: Sequence[ConflictView]) -> str:
    """Render the page."""
    return render_template(
        "access/conflicts/conflicts.html",
        conflicts=conflicts,
        titles=TITLES,
        steps=STEPS,
        most=queries.MOST_LISTED,
    )
