"""The managers' page of the targets: those in force, earlier ones, and the form that sets one."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import LATEST, helsinki_date
from zone.reporting.goals import queries, service
from zone.reporting.goals.queries import SetTarget
from zone.reporting.goals.schemas import NewTargetSchema
from zone.reporting.kpis.rules import DEFINITIONS, FIRST_YEAR
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("reporting_goals_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/targets"


@pages.get(PAGE)
@may(Permission.FIGURES_READ)
def set_targets() -> str:
    """The targets that were set, and the form that sets one from a year on."""
    return _render(FormState({"first_year": helsinki_date(utc_now()).year}))


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def set_target() -> Response:
    """Set a target from a year on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.plan_target(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        NewTargetSchema(), work, page=_render, then=lambda _result: f"{PAGE}?done=saved"
    )


def _render(form: FormState) -> str:
    with reading() as session:
        rows = queries.set_targets(session)
    return targets_page(
        rows,
        form,
        may_change=reader_may(Permission.SERVICE_WRITE),
        done=one_time.done() is not None,
    )


def targets_page(
    rows: Sequence[SetTarget],
    form: FormState,
    *,
    may_change: bool = True,
    done: bool = False,
) -> str:
    """Return the page."""
    names = {
        "A": _("Passes taken into use"),
        "B": _("Guided exercise, hours a week"),
        "C": _("Grade for the service"),
    }
    return render_template(
        "reporting/goals/set_targets.html",
        targets=[(key, names[key], [row for row in rows if row.key == key]) for key in DEFINITIONS],
        names=[(key, f"{key} · {name}") for key, name in names.items()],
        form=form,
        values=form.values,
        years=(FIRST_YEAR, LATEST.year - 1),
        may_change=may_change,
        refusals=form.sentences(
            {
                "target": _("Choose the target."),
                "first_year": _("Give the first year of the target."),
                "goal": _("Give the goal as a number, such as 2500 or 4,1."),
                "pct": _("Give the growth in per cent, or leave it empty."),
                "baseline": _("Give the baseline as a number."),
                "baseline_of": _("Say when the baseline was measured, in at most 20 letters."),
            }
        ),
        done=done,
    )
