"""The managers' page of the parts of a bundle."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.bundles import queries, service
from zone.passes.bundles.rules import MOST_PARTS, NewPart
from zone.passes.bundles.schemas import BundlePartsFormSchema
from zone.passes.catalogue.queries import names_of, product_by_code, products
from zone.passes.catalogue.rules import KINDS
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("passes_bundles_pages", __name__, template_folder="templates")

Names = Mapping[str, Mapping[str, str]]
"""The names of products, by code and language."""


@pages.get("/manage/products/parts")
@may(Permission.CATALOGUE_READ)
def parts() -> str:
    """What the bundle of `?code=` sells together."""
    return _render(request.args.get("code", ""))


@pages.post("/manage/products/parts")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def save_parts() -> Response:
    """Set all parts of a bundle, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_parts(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        BundlePartsFormSchema(),
        work,
        page=lambda state: _render(str(state.values.get("code") or ""), state),
        then=lambda result: (
            f"/manage/products/parts?{urlencode({'code': result['code'], 'done': 'saved'})}"
        ),
        stored=_stored,
    )


def _stored() -> dict[str, Any]:
    with reading() as session:
        product = product_by_code(session, request.form.get("code", ""))
        return form_values(product.code, product.version, queries.parts_of(session, product.id))


def form_values(code: str, version: int, chosen: Sequence[NewPart]) -> dict[str, Any]:
    """Return the parts of a bundle as its form has them."""
    return {
        "code": code,
        "version": version,
        "part": [part.product for part in chosen],
        "share": [part.share for part in chosen],
        "counts": [number for number, part in enumerate(chosen, 1) if part.counts],
    }


def _render(code: str, form: FormState | None = None) -> str:
    with reading() as session:
        product = product_by_code(session, code)
        chosen = queries.parts_of(session, product.id)
        sold = {one.code: names_of(one) for one, _prices in products(session) if one.kind in KINDS}
    state = form or FormState(form_values(code, product.version, chosen))
    return parts_page(names_of(product), sold, state, done=one_time.done() is not None)


def parts_page(name: Mapping[str, str], sold: Names, form: FormState, *, done: bool = False) -> str:
    """Return the page of the parts of a bundle; `sold` are the products that may be parts."""
    options = sorted(
        ((code, names[language()]) for code, names in sold.items()),
        key=lambda option: option[1],
    )
    return render_template(
        "passes/bundles/manage_parts.html",
        code=form.values.get("code"),
        name=name,
        options=[("", "–"), *options],
        rows=_rows(form.values),
        form=form,
        stored=differing(_labels(sold), form.stored, form.values),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _rows(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each part that a bundle may have, the chosen ones first."""
    chosen, shares = values.get("part") or [], values.get("share") or []
    counts = {str(number) for number in values.get("counts") or []}
    return [
        {
            "number": n + 1,
            "part": chosen[n] if n < len(chosen) else "",
            "share": shares[n] if n < len(shares) and shares[n] is not None else "",
            "counts": str(n + 1) in counts,
        }
        for n in range(MOST_PARTS)
    ]


def _labels(sold: Names) -> Labels:
    def named(codes: Any) -> str:
        return " + ".join(sold[code][language()] for code in codes if code in sold)

    def shares(values: Any) -> str:
        return " : ".join(str(value) for value in values if value not in (None, ""))

    return {
        "part": (_("Parts of the bundle"), named),
        "share": (_("Share of the price"), shares),
        "counts": (
            _("Counts as taken into use"),
            lambda values: ", ".join(_("part %(number)s", number=one) for one in values),
        ),
    }


def _sentences() -> dict[str, Any]:
    return {
        "part": _("Choose at least two products, each of which gives a pass."),
        "share": _("Give each part its share of the price, a whole number from 1 on."),
    }
