"""The page on which the desk sells several products at once, with a discount code."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.desk.live_doors.pages import board_now, board_page
from zone.desk.live_doors.queries import Board
from zone.desk.people.views import SaleChoices, sale_choices
from zone.desk.sales import service
from zone.desk.sales.queries import SalePrice, offers_to, price_of_sale
from zone.desk.sales.schemas import SeveralFormSchema
from zone.members.people.service import view_member
from zone.passes.orders.errors import QUOTE_CHANGED
from zone.passes.tills.queries import open_tills
from zone.passes.vouchers.flows import check_code
from zone.web import forms
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import is_shown_again, shows_again
from zone.web.language import language

pages: Final = Blueprint("desk_sales_pages", __name__, template_folder="templates")


@pages.get("/desk/people/<uuid:person>/sales")
@may(Permission.DESK_USE)
def show_sale(person: uuid.UUID) -> str:
    """What can be sold to a person, to choose several of it."""
    return _render(person, FormState())


@pages.post("/desk/people/<uuid:person>/sales")
@may(Permission.DESK_USE)
@shows_again
def sell_several(person: uuid.UUID) -> Response:
    """Show what the chosen products cost; with a way to pay, sell them once for the form's key."""
    actor, now, settings = current_actor(), utc_now(), current_settings()

    def ask(session: Session, data: Data) -> SalePrice | None:
        if data["method"]:
            return None
        products = [line.product for line in data["lines"]]
        return price_of_sale(
            session, person, products, voucher=data["voucher"], settings=settings, now=now
        )

    def work(session: Session, data: Data) -> Data:
        # Nobody pays a sum that they were not shown.
        if data["total"] is None:
            raise DomainError(QUOTE_CHANGED)
        sold = service.sell(session, actor, person, **data, now=now, settings=settings)
        return {"receipt": sold.receipts[0].number}

    def page(form: FormState) -> str:
        return _render(person, form)

    typed = forms.read(SeveralFormSchema())
    if "voucher" in typed and not is_shown_again(request):
        try:
            check_code(actor.id, typed["voucher"], now)
        except DomainError as refusal:
            return forms.refused(page, refusal, typed, request.form.get("key") or new_secret())
    return forms.handle(
        SeveralFormSchema(),
        work,
        ask=ask,
        page=page,
        then=lambda result: f"/desk/people/{person}?done=sold&receipt={result['receipt']}",
    )


def _render(person: uuid.UUID, form: FormState) -> str:
    now = utc_now()
    with writing() as session:  # the look is audited
        member = view_member(session, current_actor(), person, now)
        name = member.name or member.email
    with reading() as session:
        offers = offers_to(session, person, settings=current_settings(), now=now)
        tills = [(one.code, one.name) for one in open_tills(session)]
    return sale_page(board_now(), person, name, sale_choices(offers, language()), tills, form)


def sale_page(
    board: Board,
    person: uuid.UUID,
    name: str,
    sale: SaleChoices,
    tills: Sequence[tuple[str, str]],
    form: FormState,
) -> str:
    """Render the page. `form.preview` is the price of what was chosen."""
    products = {str(text).split(":")[0] for text in form.values.get("lines") or []}
    return board_page(
        "desk/sales/several.html",
        board,
        str(person),
        panel_first=True,
        person=person,
        name=name,
        sale=sale,
        tills=tills,
        form=form,
        price=form.preview,
        products=products,
        refusals=form.sentences(_sentences()),
    )


def _sentences() -> dict[str, Any]:
    return {"lines": _("Choose what is sold: from one to ten products, each once.")}
