"""The managers' pages of customer groups: their names, their institutions, and their end."""

from collections.abc import Mapping, Sequence
from datetime import date
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
from zone.passes.customer_groups import queries, service
from zone.passes.customer_groups.queries import CustomerGroupView, InstitutionMove
from zone.passes.customer_groups.schemas import (
    CustomerGroupFormSchema,
    CustomerGroupSchema,
    GroupEndFormSchema,
    MoveFormSchema,
)
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.schemas import dump_json

pages: Final = Blueprint("passes_customer_groups_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/customer-groups"


@pages.get(PAGE)
@may(Permission.CATALOGUE_READ)
def customer_groups() -> str:
    """The customer groups and the group of each institution; with `?code=` one group."""
    if code := request.args.get("code"):
        return _render_group(code)
    return _render_groups()


@pages.get(f"{PAGE}/new")
@may(Permission.CATALOGUE_READ)
def new_group() -> str:
    """The form of a new customer group."""
    return _render_group(None)


@pages.post(PAGE)
@may(Permission.CATALOGUE_WRITE)
@shows_again
def save_group() -> Response:
    """Add a customer group or rename it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_group(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        CustomerGroupFormSchema(),
        work,
        page=lambda state: _render_group(state.values.get("code"), name=state),
        then=_to_group,
        stored=_stored,
    )


@pages.post(f"{PAGE}/end")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def end_group() -> Response:
    """End a customer group from a day on."""

    def work(session: Session, data: Data) -> Data:
        service.end_group(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        GroupEndFormSchema(),
        work,
        page=lambda state: _render_group(state.values.get("code"), end=state),
        then=_to_group,
    )


@pages.post(f"{PAGE}/institutions")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def move_institution() -> Response:
    """Put an institution into a customer group from a day on, or into none."""

    def work(session: Session, data: Data) -> Data:
        service.move_institution(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        MoveFormSchema(),
        work,
        page=_render_groups,
        then=lambda _result: f"{PAGE}?done=saved",
        choices=_choices,
    )


def _choices(session: Session) -> dict[str, Any]:
    today = helsinki_date(utc_now())
    return {
        "institution": [one.institution for one in queries.moves(session, today)],
        "group": ["", *queries.open_groups(session, today)],
    }


def _to_group(result: Data) -> str:
    return f"{PAGE}?{urlencode({'code': result['code'], 'done': 'saved'})}"


def _stored() -> dict[str, Any]:
    with reading() as session:
        groups = queries.customer_groups(session, helsinki_date(utc_now()))
    return _values(groups, request.form.get("code"))


def _values(groups: Sequence[CustomerGroupView], code: str | None) -> dict[str, Any]:
    return next((dump_json(CustomerGroupSchema(), one) for one in groups if one.code == code), {})


def _render_groups(form: FormState | None = None) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        groups = queries.customer_groups(session, today)
        moves = queries.moves(session, today)
        joinable = queries.open_groups(session, today)
    return groups_page(
        groups, moves, joinable, today, form or FormState(), done=one_time.done() is not None
    )


def groups_page(
    groups: Sequence[CustomerGroupView],
    moves: Sequence[InstitutionMove],
    joinable: Mapping[str, Mapping[str, str]],
    today: date,
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of all groups; `joinable` are the names of those that have not ended."""
    ending = {one.code for one in groups if one.ended_on}
    return render_template(
        "passes/customer_groups/customer_groups.html",
        groups=groups,
        moves=moves,
        names={one.code: own_name(one.name) for one in groups},
        institutions=list({one.institution: one.name for one in moves}.items()),
        options=[
            ("", _("No group: the general price")),
            *((code, own_name(dict(one))) for code, one in joinable.items() if code not in ending),
        ],
        today=today,
        form=form,
        refusals=form.sentences(
            {
                "institution": _("Choose the institution."),
                "group": _("Choose the group."),
                "valid_from": _("Choose the first day."),
            }
        ),
        done=done,
    )


def _render_group(
    code: str | None, name: FormState | None = None, end: FormState | None = None
) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        groups = queries.customer_groups(session, today)
        moves = queries.moves(session, today)
    one = next((group for group in groups if group.code == code), None)
    if one is None and code and name is None:
        raise DomainError(NOT_FOUND)
    return group_page(
        one,
        [move for move in moves if one and move.group == one.code],
        today,
        name or FormState(_values(groups, code)),
        end or FormState(),
        done=one_time.done() is not None,
    )


def group_page(
    one: CustomerGroupView | None,
    moves: Sequence[InstitutionMove],
    today: date,
    form: FormState,
    end: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of a customer group, or of a new one."""
    sentences = {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "ended_on": _("Choose the first day without the group."),
    }
    labels: Labels = {
        "name-fi": (_("Name in Finnish"), str),
        "name-sv": (_("Name in Swedish"), str),
        "name-en": (_("Name in English"), str),
    }
    return render_template(
        "passes/customer_groups/customer_group.html",
        one=one,
        moves=moves,
        today=today,
        form=form,
        names=form.values.get("name") or {},
        end=end,
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(sentences) + end.sentences(sentences),
        done=done,
    )
