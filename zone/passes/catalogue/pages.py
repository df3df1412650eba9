"""The managers' page of products and prices: what is sold, what it costs and will cost, and the forms to set both."""

import re
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.passes.catalogue import queries, service
from zone.passes.catalogue.schemas import NewPriceSchema, ProductSchema, product_json, well_formed
from zone.places.campuses.queries import campuses
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("passes_catalogue_pages", __name__, template_folder="templates")
EUROS: Final = re.compile(r"[0-9]{1,5}(?:[.,][0-9]{1,2})?")
EMPTY: Final[dict[str, Any]] = {
    "code": "",
    "name": {},
    "entitlements": ["gym"],
    "campuses": [],
    "length_days": "",
}


@pages.get("/manage/products")
@may(Permission.CATALOGUE_READ)
def products() -> str:
    """Every product with its prices; `?code=` puts one of them into the form."""
    return _page()


@pages.post("/manage/products")
@may(Permission.CATALOGUE_WRITE)
def keep_product() -> BaseResponse:
    """Add a product or change it, once for the form's key."""
    typed = _typed_product(request.form)
    try:
        if not well_formed(typed["code"]):
            raise ValidationError({"code": ["Not a code."]})
        wish = ProductSchema().load({name: typed[name] for name in typed if name != "code"})
        idempotency_key.submit_once(typed, lambda session: _save(session, typed["code"], wish))
    except (ValidationError, DomainError) as refusal:
        return _refused(refusal, product=typed)
    return redirect("/manage/products?done=saved", 303)


def _save(session: Session, code: str, wish: dict[str, Any]) -> dict[str, Any]:
    service.save_product(session, code, **wish, actor_id=current_actor().id, now=utc_now())
    return {}


def _typed_product(form: MultiDict[str, str]) -> dict[str, Any]:
    days = form.get("length_days", "").strip()
    return {
        "code": form.get("code", "").strip(),
        "name": {code: clean_text(form.get(f"name-{code}", "")) for code in LANGUAGES},
        "kind": form.get("kind", ""),
        "entitlements": form.getlist("entitlements"),
        "campuses": form.getlist("campuses"),
        "length_days": int(days)
        if days.isascii() and days.isdigit() and len(days) < 8
        else days or None,
        "vat_category": form.get("vat_category", ""),
        "version": form.get("version") or None,
    }


@pages.post("/manage/products/prices")
@may(Permission.CATALOGUE_WRITE)
def set_price() -> BaseResponse:
    """Let a price hold from a day on, once for the form's key."""
    typed = {
        name: request.form.get(name, "").strip()
        for name in ("product", "role", "price_group", "valid_from")
    }
    typed |= {"euros": request.form.get("euros", "").strip(), "stop": request.form.get("stop", "")}
    try:
        wish = {name: typed[name] for name in ("role", "price_group", "valid_from")} | {
            "cents": _cents(typed)
        }
        price = service.NewPrice(**NewPriceSchema().load(wish))
        idempotency_key.submit_once(typed, lambda session: _plan(session, typed["product"], price))
    except (ValidationError, DomainError) as refusal:
        return _refused(refusal, price=typed)
    return redirect("/manage/products?done=saved", 303)


def _plan(session: Session, code: str, price: service.NewPrice) -> dict[str, Any]:
    service.plan_price(session, code, price, actor_id=current_actor().id, now=utc_now())
    return {}


def _cents(typed: dict[str, str]) -> int | None:
    """The price that was typed in euros; None where it is not sold any more: never both, never neither."""
    if typed["stop"] and not typed["euros"]:
        return None
    if typed["stop"] or not EUROS.fullmatch(typed["euros"]):
        raise ValidationError({"cents": ["Not a price."]})
    return int(Decimal(typed["euros"].replace(",", ".")) * 100)


def _refused(refusal: ValidationError | DomainError, **shown: Any) -> Response:
    status = refusal.status if isinstance(refusal, DomainError) else 422
    return Response(_page(refusals=_messages(refusal), **shown), status, mimetype="text/html")


def _page(**shown: Any) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        found = [product_json(*one) for one in queries.products(session)]
        groups, places = queries.groups(session), campuses(session)
    chosen = next((one for one in found if one["code"] == request.args.get("code")), EMPTY)
    for one in found:
        one["prices"] = queries.present(one["prices"], today)
    return render_template(
        "passes/catalogue/manage_products.html",
        products=found,
        groups=groups,
        today=today,
        key=new_secret(),
        campuses=[(one.code, one.name) for one in places],
        done="done" in request.args,
        **{
            "product": chosen,
            "price": {"product": request.args.get("code")},
            "refusals": [],
            **shown,
        },
    )


def _messages(refusal: ValidationError | DomainError) -> list[str]:
    if isinstance(refusal, DomainError):
        return refusal_messages(refusal)
    known = {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "entitlements": _("Say what it opens. Only a fee opens nothing."),
        "length_days": _(
            "Give the length in days, from 1 to 1000, or leave it empty for the season."
        ),
        "valid_from": _("Choose the first day of the price."),
        "cents": _(
            "Give the price in euros, such as 45,00, at most 10 000, or choose that it is not sold."
        ),
    }
    return [
        known.get(str(name), _("Check the field: %(name)s", name=name))
        for name in refusal.messages_dict
    ]
