"""The managers' page that lets many passes last longer, and shows what was done so."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.ids import new_public_id
from zone.passes.bulk_extensions import queries, service
from zone.passes.bulk_extensions.queries import ExtensionPreview, ExtensionView
from zone.passes.bulk_extensions.schemas import BulkExtensionFormSchema, request_of
from zone.passes.catalogue import queries as catalogue_queries
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_bulk_extensions_pages", __name__, template_folder="templates")
LISTED: Final = 200
"""How many passes of a preview are listed; the counts are of all."""
Choices = Sequence[tuple[str, str]]


@pages.get("/manage/pass-extensions")
@may(Permission.CATALOGUE_READ)
def show_extensions() -> str:
    """What was extended, and the form for another extension."""
    return _page(FormState())


@pages.post("/manage/pass-extensions")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def extend_passes() -> Response:
    """Show whom an extension reaches; with the button below that, order it once."""
    actor = current_actor()

    def ask(session: Session, data: Data) -> ExtensionPreview:
        return service.preview(session, actor, request_of(data), utc_now())

    def work(session: Session, data: Data) -> Data:
        service.order_extension(session, actor, data["act"], request_of(data), utc_now())
        return {}

    return forms.handle(
        BulkExtensionFormSchema(),
        work,
        page=_page,
        then=lambda _result: "/manage/pass-extensions?done=saved",
        ask=ask,
        choices=_choices,
    )


def _choices(session: Session) -> dict[str, list[str]]:
    return {
        "campus": [campus.code for campus in campuses(session)],
        "product": [row.code for row, _prices in catalogue_queries.products(session)],
    }


def _page(state: FormState) -> str:
    with reading() as session:
        made = queries.extensions(session)
        places = [(campus.code, campus.name) for campus in campuses(session)]
        products = [
            (row.code, own_name(catalogue_queries.names_of(row)))
            for row, _prices in catalogue_queries.products(session)
        ]
    return extensions_page(
        made,
        places,
        products,
        state,
        may_change=reader_may(Permission.CATALOGUE_WRITE),
        done=one_time.done() is not None,
    )


def extensions_page(
    made: Sequence[ExtensionView],
    places: Choices,
    products: Choices,
    state: FormState,
    *,
    may_change: bool = True,
    done: bool = False,
) -> str:
    """Render the page; with the preview of `state` it shows whom the extension reaches."""
    preview: ExtensionPreview | None = state.preview
    return render_template(
        "passes/bulk_extensions/manage_extensions.html",
        made=made,
        campus_names=dict(places),
        product_names=dict(products),
        places=[("", _("All campuses")), *places],
        products=[("", _("All products")), *products],
        form={"act": str(new_public_id()), **state.values},
        key=state.key,
        preview=preview,
        listed=preview.passes[:LISTED] if preview else (),
        refusals=state.sentences(_sentences()),
        may_change=may_change,
        done=done,
    )


def _sentences() -> dict[str, Any]:
    return {
        "first_day": _("Choose the first day."),
        "last_day": _("Choose the last day: not before the first, and 92 days at most."),
        "reason": _("Say why, in at most 500 characters: the holders read it."),
    }
