"""The managers' page of products and prices, and the forms to set both."""

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
from zone.passes.catalogue import queries, service, views
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.schemas import PriceFormSchema, ProductFormSchema, product_json
from zone.passes.catalogue.views import ProductView
from zone.passes.customer_groups.queries import names_by_group, open_groups
from zone.passes.entitlements.views import opened_names
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, one_of, some_of
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("passes_catalogue_pages", __name__, template_folder="templates")


@pages.get("/manage/products")
@may(Permission.CATALOGUE_READ)
def products() -> str:
    """The list of products; with `?code=` one of them, with its prices and forms."""
    if code := request.args.get("code"):
        return _render_product(code)
    today = helsinki_date(utc_now())
    with reading() as session:
        rows = queries.products(session)
        groups = {code: own_name(names) for code, names in names_by_group(session).items()}
    return list_page([views.product_view(*row, today) for row in rows], groups)


def list_page(products: Sequence[ProductView], groups: Mapping[str, str]) -> str:
    """Return the page that lists products; `groups` are the names of customer groups by code."""
    return render_template(
        "passes/catalogue/manage_products.html", products=products, group_names=groups, **_names()
    )


@pages.get("/manage/products/new")
@may(Permission.CATALOGUE_READ)
def new_product() -> str:
    """The form of a new product."""
    return _render_product(None)


@pages.post("/manage/products")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def save_product() -> Response:
    """Add a product or change it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_product(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        ProductFormSchema(),
        work,
        page=lambda state: _render_product(state.values.get("code"), product=state),
        then=_to_product,
        stored=_stored_product,
    )


def _stored_product() -> dict[str, Any]:
    """Return the product whose code was typed; the list on the page shows it too."""
    with reading() as session:
        return _product_named(queries.products(session), request.form.get("code"))


def _product_named(rows: Sequence[tuple[Product, list[Price]]], code: str | None) -> dict[str, Any]:
    return next((product_json(*row) for row in rows if row[0].code == code), {})


@pages.post("/manage/products/prices")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def set_price() -> Response:
    """Set a price from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        price = service.NewPrice(data["role"], data["group"], data["valid_from"], data["cents"])
        service.plan_price(session, current_actor(), data["product"], price, utc_now())
        return {"code": data["product"]}

    return forms.handle(
        PriceFormSchema(),
        work,
        page=lambda state: _render_product(state.values.get("product"), price=state),
        then=_to_product,
        choices=_groups,
    )


def _groups(session: Session) -> dict[str, Any]:
    return {"price_group": ["", *open_groups(session, helsinki_date(utc_now()))]}


def _to_product(result: Data) -> str:
    return f"/manage/products?{urlencode({'code': result['code'], 'done': 'saved'})}"


def _render_product(
    code: str | None, product: FormState | None = None, price: FormState | None = None
) -> str:
    """Return the page of a product: its prices, and the forms to change both."""
    today = helsinki_date(utc_now())
    with reading() as session:
        rows = queries.products(session)
        groups, places = open_groups(session, today), campuses(session)
        all_groups = names_by_group(session)
    found = next((row for row in rows if row[0].code == code), None)
    if found is None and code and product is None and price is None:
        raise DomainError(NOT_FOUND)
    return product_page(
        views.product_view(*found, today) if found else None,
        today,
        product or FormState(_product_named(rows, code)),
        price or FormState({"product": code, "valid_from": today}),
        {code: own_name(names) for code, names in groups.items()},
        [(campus.code, campus.name) for campus in places],
        group_names={code: own_name(names) for code, names in all_groups.items()},
        done=one_time.done() is not None,
    )


def product_page(
    one: ProductView | None,
    today: date,
    product: FormState,
    price: FormState,
    groups: Mapping[str, str],
    places: Sequence[tuple[str, str]],
    *,
    group_names: Mapping[str, str],
    done: bool = False,
) -> str:
    """Return the page of a product, or of a new one; `places` are campuses by code and name.

    `groups` are the customer groups that can have a price, by code; `group_names` all of them.
    """
    return render_template(
        "passes/catalogue/manage_product.html",
        one=one,
        today=today,
        product_form=product,
        product=views.form_values(product.values),
        price_form=price,
        stored=differing(_labels(dict(places)), product.stored, product.values),
        refusals=product.sentences(_sentences()) + price.sentences(_sentences()),
        group_options=groups and [("", _("Every institution")), *groups.items()],
        group_names=group_names,
        campuses=places,
        done=done,
        **_names(),
    )


def _names() -> dict[str, dict[str, str]]:
    """Return the names of kinds, entitlements, VAT categories and roles that people see."""
    return {
        "kinds": {
            "sports_pass": _("Sports pass"),
            "gym_pass": _("Gym pass"),
            "single_visit": _("Single visit"),
            "test": _("Test pass"),
            "complimentary": _("Complimentary pass"),
            "guest": _("Guest pass"),
            "companion": _("Companion's pass"),
            "fee": _("Fee, gives no pass"),
            "bundle": _("Bundle, sells several passes for one price"),
        },
        "opens": opened_names(language()),
        "vat": {"exercise": _("Exercise"), "coaching": _("Coaching"), "other": _("Other")},
        "roles": {"student": _("Student"), "staff": _("Staff")},
        "durations": {
            "season": _("To the end of the term"),
            "academic_year": _("To the end of the academic year"),
            "summer": _("For the summer term"),
            "days": _("Days from its first day"),
            "from_activation": _("Days from its activation"),
        },
    }


def _labels(campus_names: dict[str, str]) -> Labels:
    names = _names()
    return {
        "name-fi": (_("Name in Finnish"), str),
        "name-sv": (_("Name in Swedish"), str),
        "name-en": (_("Name in English"), str),
        "kind": (_("Kind"), one_of(names["kinds"])),
        "entitlements": (_("What it opens"), some_of(names["opens"])),
        "campuses": (_("Where: none chosen means every campus"), some_of(campus_names)),
        "duration": (_("How long it lasts"), one_of(names["durations"])),
        "length_days": (_("Length in days"), str),
        "activation_days": (_("Days in which it has to be activated"), str),
        "visits": (_("Number of visits"), str),
        "vat_category": (_("VAT category"), one_of(names["vat"])),
    }


def _sentences() -> dict[str, Any]:
    """Return the sentence of each field that may be wrong."""
    return {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "entitlements": _(
            "Say what it opens. A fee opens nothing, and a bundle only what its parts open."
        ),
        "length_days": _(
            "Give the length in days, from 1 to 1000, where it lasts days; else leave it empty."
        ),
        "activation_days": _(
            "Say in how many days it has to be activated, from 1 to 1000, where it lasts from its "
            "activation; else leave it empty."
        ),
        "visits": _("Give how many visits it has, from 1 to 1000, or leave it empty."),
        "price_group": _("Choose the group."),
        "valid_from": _("Choose the first day of the price."),
        "euros": _(
            "Give the price in euros, such as 45,00, at most 10 000, or choose that it is not sold."
        ),
    }
