"""The page of the basket: what is in it, its discount code, and the button that orders."""

from typing import Final

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.time import helsinki_date
from zone.passes.baskets import queries, service, views
from zone.passes.baskets.schemas import (
    BasketCodeFormSchema,
    BasketLineFormSchema,
    BasketOrderFormSchema,
)
from zone.passes.orders.pages import address_to_pay
from zone.passes.orders.views import sentence_of
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.payment_setup.queries import switched_off
from zone.passes.payments import service as payments
from zone.passes.payments.providers.choice import chosen_provider, offered_providers
from zone.passes.receipts.queries import seller_of
from zone.passes.sale_terms.queries import sale_terms
from zone.passes.sale_terms.service import check_shown
from zone.passes.vouchers.flows import check_code
from zone.passes.withdrawals.rules import starts_early
from zone.passes.withdrawals.service import record_consent
from zone.web import forms, way_back
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import is_shown_again, shows_again
from zone.web.language import language
from zone.web.security_headers import allow_forms_to

pages: Final = Blueprint("passes_baskets_pages", __name__, template_folder="templates")


@pages.get("/basket")
@may(Permission.OWN_ACCOUNT)
def basket() -> str:
    """What is in one's basket, at today's prices, and the button that orders it."""
    return _render(FormState())


@pages.post("/basket/lines")
@may(Permission.OWN_ACCOUNT)
@shows_again
def put_in() -> Response:
    """Put a product in the basket."""

    def work(session: Session, data: Data) -> Data:
        service.put_in(
            session,
            current_actor().id,
            data["product"],
            starts_on=data["starts_on"],
            now=utc_now(),
            seller=seller_of(session, current_settings()),
        )
        return {}

    return forms.handle(BasketLineFormSchema(), work, page=_render, then=_to_basket)


@pages.post("/basket/lines/remove")
@may(Permission.OWN_ACCOUNT)
@shows_again
def take_out() -> Response:
    """Take a product out of the basket."""

    def work(session: Session, data: Data) -> Data:
        service.take_out(session, current_actor().id, data["product"])
        return {}

    return forms.handle(BasketLineFormSchema(), work, page=_render, then=_to_basket)


@pages.post("/basket/code")
@may(Permission.OWN_ACCOUNT)
@shows_again
def set_code() -> Response:
    """Give a discount code, or take out the one that there is. Who tries many codes has to wait."""
    member_id, now = current_actor().id, utc_now()

    def work(session: Session, data: Data) -> Data:
        service.set_code(session, member_id, data["voucher"])
        return {}

    typed = forms.read(BasketCodeFormSchema())
    if "voucher" in typed and not is_shown_again(request):
        try:
            check_code(member_id, typed["voucher"], now)
        except DomainError as refusal:
            return forms.refused(_render, refusal, typed, request.form.get("key") or new_secret())
    return forms.handle(BasketCodeFormSchema(), work, page=_render, then=_to_basket)


@pages.post("/basket/order")
@may(Permission.OWN_ACCOUNT)
@shows_again
def order() -> Response:
    """Order the basket once for the form's key, and redirect to its payment.

    Where something is not as it was shown any more, it is shown again with what has changed.
    """
    ordered = list[str]()

    def work(session: Session, data: Data) -> Data:
        settings, now = current_settings(), utc_now()
        seller = seller_of(session, settings)
        check_shown(session, data["terms"], now)
        placed = service.order_basket(
            session,
            current_actor().id,
            shown=data["lines"],
            discount=data["discount"],
            now=now,
            seller=seller,
        )
        if data["consent"]:
            record_consent(session, placed, now)
        provider = chosen_provider(settings, data["provider"], switched_off(session))
        payment = payments.create_payment(session, placed, provider, now, seller)
        return {"payment": payment.id, "order": str(placed.public_id)}

    def then(stored: Data) -> str:
        ordered.append(str(stored["order"]))
        return address_to_pay(stored)

    response = forms.handle(BasketOrderFormSchema(), work, page=_render, then=then)
    for placed_order in ordered:
        way_back.keep(response, placed_order, current_settings())
    return response


def _to_basket(_result: Data) -> str:
    return way_back.with_onward("/basket")


def _render(form: FormState) -> str:
    settings, now = current_settings(), utc_now()
    with reading() as session:
        basket = queries.basket_view(session, current_actor().id, now, seller_of(session, settings))
        providers = offered_providers(settings, switched_off(session))
        withdrawal_days = pass_rules(session, helsinki_date(now)).withdrawal_days
        terms = sale_terms(session, helsinki_date(now))
    allow_forms_to(origin for one in providers for origin in one.page_origins)
    changes = views.changes_of(basket, form.values.get("lines") or [])
    return show_basket(
        views.BasketPage(
            basket,
            providers,
            changes,
            onward=way_back.onward(),
            withdrawal_days=withdrawal_days,
            terms=terms,
            early=starts_early(
                [line.quote.starts_on for line in basket.lines if line.quote],
                helsinki_date(now),
                withdrawal_days,
            ),
        ),
        form,
    )


def show_basket(page: views.BasketPage, form: FormState) -> str:
    """Show a basket."""
    basket = page.basket
    return render_template(
        "passes/baskets/basket.html",
        page=page,
        basket=basket,
        form=form,
        reasons={
            line.code: sentence_of(line.refusal, language())
            for line in basket.lines
            if line.refusal
        },
        code_refused=sentence_of(basket.refusal, language()) if basket.refusal else None,
    )
