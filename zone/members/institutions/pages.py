"""The managers' pages of institutions, whom each sends, and of study regions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.members.institutions import queries, service
from zone.members.institutions.queries import InstitutionView, RegionView
from zone.members.institutions.schemas import (
    InstitutionFormSchema,
    InstitutionSchema,
    StudyRegionFormSchema,
    StudyRegionSchema,
)
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, yes_or_no
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.schemas import dump_json

pages: Final = Blueprint("members_institutions_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/institutions"
REGIONS: Final = "/manage/study-regions"


@pages.get(PAGE)
@may(Permission.SERVICE_WRITE)
def institutions() -> str:
    """The institutions and the study regions; with `?code=` one institution."""
    if code := request.args.get("code"):
        return _render_institution(code)
    with reading() as session:
        rows = queries.institution_views(session, helsinki_date(utc_now()))
        regions = queries.study_regions(session)
    return institutions_page(rows, regions, done=one_time.done() is not None)


@pages.get(f"{PAGE}/new")
@may(Permission.SERVICE_WRITE)
def new_institution() -> str:
    """The form of a new institution."""
    return _render_institution(None)


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def save_institution() -> Response:
    """Add an institution or change it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_institution(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        InstitutionFormSchema(),
        work,
        page=lambda state: _render_institution(state.values.get("code"), state),
        then=lambda result: f"{PAGE}?{urlencode({'code': result['code'], 'done': 'saved'})}",
        stored=_stored_institution,
        choices=lambda session: {
            "study_region": ["", *(one.code for one in queries.study_regions(session))]
        },
    )


@pages.get(REGIONS)
@may(Permission.SERVICE_WRITE)
def study_region() -> str:
    """A study region with `?code=`, or the form of a new one."""
    return _render_region(request.args.get("code"))


@pages.post(REGIONS)
@may(Permission.SERVICE_WRITE)
@shows_again
def save_region() -> Response:
    """Add a study region or rename it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_region(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        StudyRegionFormSchema(),
        work,
        page=lambda state: _render_region(state.values.get("code"), state),
        then=lambda _result: f"{PAGE}?done=saved",
        stored=_stored_region,
    )


def _stored_institution() -> dict[str, Any]:
    with reading() as session:
        row = queries.institution_by_code(session, request.form.get("code", ""))
        return dump_json(InstitutionSchema(), row) if row else {}


def _stored_region() -> dict[str, Any]:
    with reading() as session:
        regions = queries.study_regions(session)
    return _region_values(regions, request.form.get("code"))


def _region_values(regions: Sequence[RegionView], code: str | None) -> dict[str, Any]:
    return next((dump_json(StudyRegionSchema(), one) for one in regions if one.code == code), {})


def _render_institution(code: str | None, form: FormState | None = None) -> str:
    with reading() as session:
        rows = queries.institution_views(session, helsinki_date(utc_now()))
        regions = queries.study_regions(session)
    one = next((row for row in rows if row.code == code), None)
    if one is None and code and form is None:
        raise DomainError(NOT_FOUND)
    values = dump_json(InstitutionSchema(), one) if one else {"admits_students": True}
    return institution_page(
        one, regions, form or FormState(values), done=one_time.done() is not None
    )


def _render_region(code: str | None, form: FormState | None = None) -> str:
    with reading() as session:
        regions = queries.study_regions(session)
    one = next((region for region in regions if region.code == code), None)
    if one is None and code and form is None:
        raise DomainError(NOT_FOUND)
    return region_page(one, form or FormState(_region_values(regions, code)))


def institutions_page(
    rows: Sequence[InstitutionView], regions: Sequence[RegionView], *, done: bool = False
) -> str:
    """Return the page of all institutions and study regions."""
    return render_template(
        "members/institutions/institutions.html",
        rows=rows,
        regions=regions,
        names=_names(regions),
        done=done,
    )


def institution_page(
    one: InstitutionView | None,
    regions: Sequence[RegionView],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of an institution, or of a new one."""
    names = _names(regions)
    labels: Labels = {
        "name": (_("Name"), str),
        "admits_students": (_("Its students"), yes_or_no),
        "admits_staff": (_("Its staff"), yes_or_no),
        "study_region": (_("Students of"), lambda code: names.get(code, str(code))),
    }
    # A box that is not ticked is not sent, and then it is off; an empty region is none.
    typed = {"admits_students": False, "admits_staff": False, "study_region": None}
    return render_template(
        "members/institutions/institution.html",
        one=one,
        form=form,
        regions=[("", _("every region")), *names.items()],
        stored=differing(labels, form.stored, typed | dict(form.values)),
        refusals=form.sentences(
            {
                "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
                "name": _("Give the institution a name of at most 120 letters."),
                "study_region": _("Choose the region."),
            }
        ),
        done=done,
    )


def region_page(one: RegionView | None, form: FormState) -> str:
    """Return the page of a study region, or of a new one."""
    labels: Labels = {
        "name-fi": (_("Name in Finnish"), str),
        "name-sv": (_("Name in Swedish"), str),
        "name-en": (_("Name in English"), str),
    }
    return render_template(
        "members/institutions/study_region.html",
        one=one,
        form=form,
        names=form.values.get("name") or {},
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(
            {
                "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
                "name": _("Give the name in all three languages, at most 120 characters each."),
            }
        ),
    )


def _names(regions: Sequence[RegionView]) -> Mapping[str, str]:
    """Return the names of the regions in the reader's language, by code."""
    return {one.code: own_name(dict(one.name)) for one in regions}
