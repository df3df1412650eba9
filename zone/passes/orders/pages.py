"""Pages of buying: review, and the order. Plain forms, no script."""

import uuid
from datetime import date, datetime
from typing import Final

from flask import Blueprint, redirect, render_template, request
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.i18n import translated
from zone.core.identity import Permission
from zone.core.time import helsinki_date, parse_day
from zone.members.institutions.queries import institution_by_code
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.errors import NO_SEASON, START_TOO_SOON
from zone.passes.order_history.queries import history_of
from zone.passes.orders import queries, service, views
from zone.passes.orders.errors import (
    ELIGIBILITY_ENDS_FIRST,
    NOT_ELIGIBLE,
    ORDER_EXPIRED,
    ORDER_OUTDATED,
    START_TOO_FAR,
)
from zone.passes.orders.models import Order
from zone.passes.orders.rules import ShownQuote, seen_by
from zone.passes.orders.schemas import OrderFormSchema, RefundFormSchema, RefundSchema
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.payment_setup.queries import switched_off
from zone.passes.payments import flows
from zone.passes.payments import service as payments
from zone.passes.payments.errors import ALREADY_REFUNDED, ORDER_REFUNDED, ORDER_SETTLED
from zone.passes.payments.providers.choice import chosen_provider, offered_providers
from zone.passes.payments.queries import refund_to_give_by_hand
from zone.passes.payments.rules import WITHOUT_PROVIDER
from zone.passes.quotes.queries import Quote, quote_price
from zone.passes.receipts.queries import seller_of
from zone.passes.receipts.rules import Seller, check_seller
from zone.passes.receipts.service import sale_of
from zone.passes.refund_requests import service as refund_requests
from zone.passes.refunds.queries import granted_payment, suggestions
from zone.passes.sale_terms.queries import sale_terms
from zone.passes.sale_terms.service import check_shown
from zone.passes.upgrades.queries import upgrade_offer
from zone.passes.upgrades.service import order_upgrade
from zone.passes.withdrawals.queries import can_be_withdrawn
from zone.passes.withdrawals.rules import starts_early
from zone.passes.withdrawals.service import record_consent, withdraw
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time, way_back
from zone.web.auth import current_actor, may
from zone.web.context import current_settings, end_what_rests_on
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.looks import note_look
from zone.web.problems import BAD_REQUEST
from zone.web.security_headers import allow_forms_to

pages = Blueprint("passes_orders_pages", __name__, template_folder="templates")

START_WRONG: Final = frozenset({ELIGIBILITY_ENDS_FIRST, NO_SEASON, START_TOO_FAR, START_TOO_SOON})
"""Refusals that are shown at the field of the first day."""
NOT_PAYABLE: Final = frozenset({ORDER_REFUNDED, ORDER_SETTLED, ORDER_OUTDATED, ORDER_EXPIRED})
"""Refusals of a payment that the page of the order explains."""


@pages.get("/buy/<code>")
@may(Permission.OWN_ACCOUNT)
def review(code: str) -> str | tuple[str, int] | Response:
    """Show product, days and price before ordering; `?starts_on=` chooses another first day.

    An impossible day is refused at its field, beside the offer without it. Who cannot buy yet is
    sent to the shop, which says what to do first.
    """
    starts_on = _parse_day(request.args.get("starts_on"))
    try:
        return _render_review(code, starts_on, FormState())
    except DomainError as refusal:
        if refusal.reasons[0] is NOT_ELIGIBLE:
            return redirect(way_back.with_onward("/buy"), 303)
        if starts_on is None or not START_WRONG & set(refusal.reasons):
            raise
        error = views.sentence_of(refusal, language())
        page = _render_review(code, None, FormState(), typed=starts_on, error=error)
        return page, refusal.status


@pages.post("/buy/<code>")
@may(Permission.OWN_ACCOUNT)
@shows_again
def order(code: str) -> Response:
    """Order a product once for the form's key, and redirect to its payment.

    Where price or days are not those on the form any more, it is shown again with the new ones.
    """

    def work(session: Session, data: Data) -> Data:
        settings, now = current_settings(), utc_now()
        seller = seller_of(session, settings)
        check_shown(session, data["terms"], now)
        placed = _place(session, code, data, now, seller)
        if data["consent"]:
            record_consent(session, placed, now)
        provider = chosen_provider(settings, data["provider"], switched_off(session))
        payment = payments.create_payment(session, placed, provider, now, seller)
        return {"payment": payment.id, "order": str(placed.public_id)}

    ordered = list[str]()

    def then(stored: Data) -> str:
        ordered.append(str(stored.get("order")))
        return address_to_pay(stored)

    response = forms.handle(
        OrderFormSchema(),
        work,
        page=lambda state: _render_review(code, _day_in(state), state),
        then=then,
    )
    for placed_order in ordered:
        way_back.keep(response, placed_order, current_settings())
    return response


def _place(session: Session, code: str, data: Data, now: datetime, seller: Seller) -> Order:
    """Place the order of a product, or of an upgrade of the pass that the address names."""
    member_id, upgraded = current_actor().id, _upgraded()
    shown = ShownQuote(data["cents"], data["first_day"], data["last_day"])
    if upgraded:
        return order_upgrade(
            session, member_id, upgraded, code, shown=shown, now=now, seller=seller
        )
    return service.place_order(
        session,
        member_id,
        code,
        starts_on=data["starts_on"],
        shown=shown,
        rights=data["rights"],
        now=now,
        seller_vat=seller.charges_vat,
        seller=seller,
    )


def _upgraded() -> uuid.UUID | None:
    """Return the pass that is to be upgraded; None: another one is bought."""
    return request.args.get("upgrades", type=uuid.UUID)


def address_to_pay(stored: Data) -> str:
    """Return where the buyer goes after an order; its transaction has ended."""
    if "to" in stored:  # a form that was submitted before an upgrade, once more
        return str(stored["to"])
    order_page = way_back.with_onward(f"/orders/{stored['order']}")
    try:
        address = flows.start_payment(current_settings(), stored["payment"], utc_now())
    except DomainError:  # the provider does not answer: the order is there, to be paid later
        return way_back.with_onward(f"/orders/{stored['order']}?done=unavailable")
    return address or order_page


@pages.post("/orders/<uuid:order_id>/pay")
@may(Permission.OWN_ACCOUNT)
def pay_again(order_id: uuid.UUID) -> Response:
    """Start another payment of an order; one that cannot be paid any more shows why."""
    settings = current_settings()
    try:
        with writing() as session:
            provider = chosen_provider(
                settings, request.form.get("provider"), switched_off(session)
            )
            row = queries.order_row(session, order_id, member_id=current_actor().id)
            payment = payments.create_payment(
                session, row, provider, utc_now(), seller_of(session, settings)
            )
    except DomainError as refusal:
        if refusal.reasons[0] not in NOT_PAYABLE:
            raise
        # such as a second tap in an old tab
        return redirect(way_back.with_onward(f"/orders/{order_id}"), 303)
    paying = redirect(address_to_pay({"payment": payment.id, "order": str(order_id)}), 303)
    way_back.keep(paying, str(order_id), settings)
    return paying


@pages.get("/orders/<uuid:order_id>")
@may(Permission.OWN_ACCOUNT)
def show_order(order_id: uuid.UUID) -> str:
    """Show an order's state with its pass and receipt, or how to pay it."""
    return _render_order(order_id, FormState())


@pages.post("/orders/<uuid:order_id>/withdraw")
@may(Permission.OWN_ACCOUNT)
@shows_again
def withdraw_from_order(order_id: uuid.UUID) -> Response:
    """Withdraw from one's own order; a second tap shows the refunded order too."""

    def work(session: Session, _data: Data) -> Data:
        row = queries.order_row(session, order_id, member_id=current_actor().id)
        try:
            withdraw(session, row, utc_now())
        except DomainError as refusal:
            if refusal.reasons[0] is not ALREADY_REFUNDED:
                raise
        return {"member": row.member_id}

    def after(result: Data) -> str:
        end_what_rests_on([result["member"]], utc_now())
        return f"/orders/{order_id}"

    return forms.handle(
        Schema(), work, page=lambda state: _render_order(order_id, state), then=after
    )


@pages.post("/orders/<uuid:order_id>/refund")
@may(Permission.ORDERS_REFUND)
@shows_again
def refund(order_id: uuid.UUID) -> Response:
    """Refund lines of an order; a second submission shows the refunded order too."""

    def work(session: Session, data: Data) -> Data:
        row = queries.order_row(session, order_id, member_id=None)
        try:
            refund_requests.refund_or_ask(
                session,
                current_actor(),
                row.id,
                data["lines"],
                reason=data["reason"],
                method=data["method"],
                now=utc_now(),
            )
        except DomainError as refusal:
            if refusal.reasons[0] is not ALREADY_REFUNDED:
                raise
        return {"member": row.member_id}

    def after(result: Data) -> str:
        if "member" in result:
            end_what_rests_on([result["member"]], utc_now())
        return f"/orders/{order_id}"

    return forms.handle(
        RefundFormSchema(), work, page=lambda state: _render_order(order_id, state), then=after
    )


@pages.post("/orders/<uuid:order_id>/refund-by-hand")
@may(Permission.ORDERS_REFUND)
@shows_again
def refund_by_hand(order_id: uuid.UUID) -> Response:
    """Record that the money which the provider did not give back was given back by hand."""

    def work(session: Session, data: Data) -> Data:
        row = queries.order_row(session, order_id, member_id=None)
        payments.record_by_hand(session, current_actor(), row, **data, now=utc_now())
        return {}

    return forms.handle(
        RefundSchema(),
        work,
        page=lambda state: _render_order(order_id, state),
        then=lambda _: f"/orders/{order_id}",
    )


def _parse_day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return parse_day(text)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error


def _day_in(state: FormState) -> date | None:
    """Return the first day that was chosen in a form that is shown again."""
    try:
        chosen = _parse_day(state.values.get("starts_on"))
    except DomainError:
        return None
    return chosen if chosen and chosen >= helsinki_date(utc_now()) else None


def _render_review(
    code: str,
    starts_on: date | None,
    form: FormState,
    *,
    typed: date | None = None,
    error: str | None = None,
) -> str:
    now, settings = utc_now(), current_settings()
    with reading() as session:
        seller = seller_of(session, settings)
        check_seller(seller)
        quote = _quote(session, code, starts_on, now, seller)
        school = institution_by_code(session, quote.institution_code)
        providers = offered_providers(settings, switched_off(session))
        withdrawal_days = pass_rules(session, helsinki_date(now)).withdrawal_days
        terms = sale_terms(session, helsinki_date(now))
        places = [one.name for one in campuses(session) if one.code in quote.campuses]
    allow_forms_to(origin for one in providers for origin in one.page_origins)
    return show_review(
        views.ReviewPage(
            quote,
            school.name if school else quote.institution_code,
            providers,
            chosen=starts_on,
            typed=typed or quote.starts_on,
            error=error,
            today=helsinki_date(now),
            onward=way_back.onward(),
            upgrades=_upgraded() is not None,
            withdrawal_days=withdrawal_days,
            early=starts_early([quote.starts_on], helsinki_date(now), withdrawal_days),
            terms=terms,
            campuses=places,
        ),
        form,
    )


def _quote(
    session: Session, code: str, starts_on: date | None, now: datetime, seller: Seller
) -> Quote:
    member_id, upgraded = current_actor().id, _upgraded()
    if upgraded:
        offer = upgrade_offer(
            session, member_id, upgraded, code, now, seller_vat=seller.charges_vat
        )
        return offer.quote
    return quote_price(
        session,
        member_id,
        catalogue_queries.product_by_code(session, code),
        starts_on=starts_on,
        now=now,
        seller_vat=seller.charges_vat,
    )


def show_review(page: views.ReviewPage, form: FormState) -> str:
    """Show a product before it is ordered."""
    return render_template("passes/orders/review.html", page=page, form=form)


def _render_order(order_id: uuid.UUID, form: FormState) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as session:
        row = queries.order_row(session, order_id, member_id=seen_by(actor))
        view = queries.order_view(session, row, now)
        by_hand = refund_to_give_by_hand(session, row.id, now) is not None
        buyer = queries.buyer_of(session, row)
        providers = offered_providers(current_settings(), switched_off(session))
        sale = sale_of(session, row.id) if view.state == "paid" else None
        left = suggestions(session, sale, now) if sale else []
        paid_by = granted_payment(session, row.id).provider if sale else ""
        history = history_of(session, row)
    own = row.member_id == actor.id
    if own and view.payable:
        allow_forms_to(origin for one in providers for origin in one.page_origins)
    if not own:
        note_look("order.view", "member", buyer.id, detail={"order": order_id})
    return show_order_page(
        views.OrderPage(
            view,
            own,
            providers,
            {way: translated(sentence) for way, sentence in WITHOUT_PROVIDER.items()},
            onward=way_back.onward(),
            unavailable=one_time.done() == "unavailable",
            give_by_hand=by_hand and actor.may(Permission.ORDERS_REFUND) and not own,
            refundable=actor.may(Permission.ORDERS_REFUND) and view.state == "paid" and not own,
            buyer=None if own else buyer,
            at_desk=not own and actor.may(Permission.DESK_USE),
            lines=left,
            paid_by=paid_by,
            history=history,
            withdrawable=own
            and can_be_withdrawn([one.by_rule for one in left], helsinki_date(now)),
        ),
        form,
    )


def show_order_page(page: views.OrderPage, form: FormState) -> str:
    """Show an order."""
    return render_template(
        "passes/orders/order.html", page=page, order=page.order, form=form, language=language()
    )
