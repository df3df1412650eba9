"""Pages of the tills: open, cash in and out, close, and the days that were closed."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.text import clean_text
from zone.passes.payments.rules import METHODS
from zone.passes.tills import queries, service
from zone.passes.tills.queries import ClosedDay, TillView
from zone.passes.tills.rules import CountedMethod
from zone.passes.tills.schemas import (
    CashFormSchema,
    TillCloseSchema,
    TillFormSchema,
    TillOpenFormSchema,
    TillSeriesFormSchema,
    cents_of,
)
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.field_errors import field_error
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_tills_pages", __name__, template_folder="templates")
PAGE: Final = "/desk/tills"


@pages.get(PAGE)
@may(Permission.DESK_USE)
def tills() -> str:
    """The tills of all campuses, and the form of a new one."""
    return _render_tills(FormState())


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def add_till() -> Response:
    """Add a till, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.add_till(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        TillFormSchema(),
        work,
        page=_render_tills,
        then=_to_till,
        choices=lambda session: {"campus": [one.code for one in campuses(session)]},
    )


@pages.get(f"{PAGE}/<code>")
@may(Permission.DESK_USE)
def till(code: str) -> str:
    """A till: what is expected in it, and what may be done."""
    return _render_till(code, FormState())


@pages.post(f"{PAGE}/<code>/opening")
@may(Permission.DESK_USE)
@shows_again
def open_till(code: str) -> Response:
    """Open a till with the cash that is in it."""

    def work(session: Session, data: Data) -> Data:
        service.open_till(session, current_actor(), code, **data, now=utc_now())
        return {"code": code, "done": "opened"}

    return _handle(TillOpenFormSchema(), work, code)


@pages.post(f"{PAGE}/<code>/cash")
@may(Permission.DESK_USE)
@shows_again
def move_cash(code: str) -> Response:
    """Record cash that was put in or taken out."""

    def work(session: Session, data: Data) -> Data:
        service.move_cash(session, current_actor(), code, **data, now=utc_now())
        return {"code": code, "done": "moved"}

    return _handle(CashFormSchema(), work, code)


@pages.post(f"{PAGE}/<code>/close")
@may(Permission.DESK_USE)
@shows_again
def close_till(code: str) -> Response:
    """Close a till as it was counted."""

    def work(session: Session, data: Data) -> Data:
        counted = [CountedMethod(**one) for one in data["counted"]]
        service.close_till(
            session, current_actor(), code, seen=data["seen"], counted=counted, now=utc_now()
        )
        return {"code": code, "done": "closed"}

    return _handle(TillCloseSchema(), work, code, _counted())


@pages.post(f"{PAGE}/<code>/series")
@may(Permission.SERVICE_WRITE)
@shows_again
def set_series(code: str) -> Response:
    """Number the receipts of a till in a series of its own."""

    def work(session: Session, data: Data) -> Data:
        service.set_series(session, current_actor(), code, **data, now=utc_now())
        return {"code": code}

    return _handle(TillSeriesFormSchema(), work, code)


def _handle(schema: Schema, work: forms.Work, code: str, typed: Data | None = None) -> Response:
    return forms.handle(
        schema, work, typed=typed, page=lambda state: _render_till(code, state), then=_to_till
    )


def _counted() -> Data:
    """Return the count as it was typed: for each way to pay of the form euros and a reason."""
    rows = [
        {
            "method": method,
            "cents": _cents(clean_text(request.form[f"counted-{method}"])),
            "reason": clean_text(request.form.get(f"reason-{method}", "")),
        }
        for method in METHODS
        if f"counted-{method}" in request.form
    ]
    return {"seen": forms.whole_number(request.form.get("seen", "")), "counted": rows}


def _cents(euros: str) -> int | str:
    sign = -1 if euros.startswith(("-", "−")) else 1
    try:
        return sign * cents_of(euros.lstrip("-−"))
    except ValidationError:  # the text is shown again
        return euros


def _to_till(result: Data) -> str:
    done = urlencode({"done": result.get("done", "saved")})
    return f"{PAGE}/{result['code']}?{done}"


def _render_tills(form: FormState) -> str:
    with reading() as session:
        stored = queries.till_views(session, utc_now())
        places = [(one.code, one.name) for one in campuses(session)]
    return tills_page(stored, places, form, adds=current_actor().may(Permission.SERVICE_WRITE))


def tills_page(
    stored: Sequence[TillView],
    places: Sequence[tuple[str, str]],
    form: FormState,
    *,
    adds: bool = True,
) -> str:
    """Return the page of all tills; `adds`: with the form of a new one."""
    refusals = form.sentences(
        {
            "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
            "name": _("Give a name of at most 80 characters."),
            "campus": _("Choose the campus."),
        }
    )
    return render_template(
        "passes/tills/tills.html",
        tills=stored,
        campuses=places,
        form=form,
        refusals=refusals,
        adds=adds,
    )


def _render_till(code: str, form: FormState) -> str:
    with reading() as session:
        view = queries.till_view(session, code, utc_now())
        closed = queries.closed_days(session, queries.till_by_code(session, code).id)
    adds = current_actor().may(Permission.SERVICE_WRITE)
    return till_page(view, closed, form, adds=adds, done=one_time.done())


def till_page(
    view: TillView,
    closed: Sequence[ClosedDay],
    form: FormState,
    *,
    adds: bool = True,
    done: str | None = None,
) -> str:
    """Return the page of one till; `adds`: with the form of its own series."""
    done_sentences = {
        "saved": _("Saved."),
        "opened": _("The till is open."),
        "moved": _("The cash is recorded."),
        "closed": _("The till is closed and signed."),
    }
    return render_template(
        "passes/tills/till.html",
        till=view,
        closed=closed,
        form=form,
        typed={one["method"]: one for one in form.values.get("counted", ())},
        wrong=_wrong(view, form),
        refusals=form.sentences(_sentences()),
        methods=method_names(),
        as_euros=_as_euros,
        adds=adds,
        done=done_sentences.get(done or ""),
    )


def _wrong(view: TillView, form: FormState) -> dict[str, str | bool]:
    """Return what is wrong with each field of the count, by its name; False: nothing."""
    found: dict[str, str | bool] = {}
    expected = view.open.expected if view.open else {}
    for number, one in enumerate(form.values.get("counted", ())):
        method, cents = one["method"], one["cents"]
        found[f"counted-{method}"] = field_error(f"counted-{number}-cents") or False
        unexplained = isinstance(cents, int) and cents != expected.get(method)
        missing = _("Say why.") if unexplained and not one["reason"] else False
        found[f"reason-{method}"] = field_error(f"counted-{number}-reason") or missing
    return found


def _as_euros(cents: Any) -> str:
    """Return an amount as it is typed, 45,00; text that is no amount is returned as it is."""
    if not isinstance(cents, int):
        return str(cents)
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{part:02d}"


def _sentences() -> dict[str, Any]:
    return {
        "euros": _("Give an amount in euros, for example 45,00."),
        "counted": _("Give what you counted of each way to pay, for example 45,00."),
        "reason": _("Say why."),
        "series": _("Give a code of 1 to 8 characters: a letter first, then letters or digits."),
    }


def method_names() -> dict[str, str]:
    """Return the ways to pay at the counter as people read them."""
    return {
        "cash": _("Cash"),
        "card_terminal": _("Card terminal"),
        "smartum": "Smartum",
        "epassi": "ePassi",
        "edenred": "Edenred",
        "voucher": _("Voucher"),
    }
