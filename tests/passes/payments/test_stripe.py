"""Stripe Checkout: signed webhooks, the browser's way back, and its calls."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.world.stripe_server import KEY, WEBHOOK_SECRET, StripeServer, sign
from zone.core.errors import DomainError
from zone.passes.payments.providers.protocol import (
    AmountDue,
    Callback,
    PaymentItem,
    PaymentNotice,
    PaymentRequest,
    ProviderUnavailableError,
    RefundDue,
)
from zone.passes.payments.providers.stripe import StripeProvider

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
DUE = AmountDue("reference-1", 4500, "EUR")
ITEMS = [PaymentItem("term", "Sports pass", 4000, 1350), PaymentItem("fee", "Fee", 500, 2550)]
REQUEST = PaymentRequest(DUE, ITEMS, "anna@example.org", "fi", "https://zone.example/callback")
PAID = PaymentNotice("reference-1", "paid", 4500, "EUR", NOW)


def provider(url: str = "http://127.0.0.1:9") -> StripeProvider:
    return StripeProvider((KEY,), (WEBHOOK_SECRET,), url, lambda: NOW)


def webhook(server: StripeServer, identity: str, kind: str = "") -> Callback:
    event = server.event(identity, kind or "checkout.session.completed", NOW.timestamp())
    return Callback(event.headers, {}, event.body)


def code_of(callback: Callback, stripe: StripeProvider | None = None) -> str:
    with pytest.raises(DomainError) as caught:
        (stripe or provider()).verify(callback)
    return caught.value.code


def test_a_session_is_created_with_what_is_bought() -> None:
    with StripeServer() as server:
        created = provider(server.url).create(REQUEST)
        known = server.book[created.reference]
        assert created.address == f"{server.url}/pay/{created.reference}"
        assert (known["amount"], known["client_reference_id"]) == (4500, "reference-1")
        assert known["line_items[0][price_data][currency]"] == "eur"
        assert (known["locale"], known["customer_email"]) == ("fi", "anna@example.org")


def test_a_repeated_call_creates_no_second_session() -> None:
    with StripeServer() as server:
        stripe = provider(server.url)
        server.hangs_up = True
        with pytest.raises(ProviderUnavailableError):
            stripe.create(REQUEST)
        server.hangs_up = False
        assert stripe.create(REQUEST) == stripe.create(REQUEST)
        assert len(server.book) == 1


def test_an_event_says_which_session_to_look_at() -> None:
    with StripeServer() as server:
        stripe = provider(server.url)
        identity = stripe.create(REQUEST).reference
        server.settle(identity, "pending")
        completed = webhook(server, identity)
        notice = stripe.verify(completed)
        assert notice is not None
        assert notice.outcome == "pending"
        server.settle(identity, "paid")
        # The same event once more, and an older one that arrives late: what holds is paid.
        assert stripe.verify(completed) == replace(PAID, provider_reference=identity)
        failed = webhook(server, identity, "checkout.session.async_payment_failed")
        assert stripe.verify(failed) == replace(PAID, provider_reference=identity)


@pytest.mark.parametrize(
    ("outcome", "kind", "expected"),
    [
        ("declined", "checkout.session.async_payment_failed", "declined"),
        ("cancelled", "checkout.session.expired", "cancelled"),
        ("paid", "checkout.session.async_payment_succeeded", "paid"),
        ("paid", "charge.refunded", "paid"),
    ],
)
def test_each_event_is_an_outcome(outcome: str, kind: str, expected: str) -> None:
    with StripeServer() as server:
        stripe = provider(server.url)
        identity = stripe.create(REQUEST).reference
        server.settle(identity, outcome)
        callback = webhook(server, identity, kind)
        if kind == "charge.refunded":
            charge = {"object": "charge", "id": "ch_1", "payment_intent": f"pi_{identity[3:]}"}
            body = json.dumps({"type": kind, "data": {"object": charge}}).encode()
            callback = Callback({"stripe-signature": sign(body, NOW.timestamp())}, {}, body)
        notice = stripe.verify(callback)
        assert notice is not None
        assert notice.outcome == expected
        found = stripe.find(DUE, identity)
        assert found is not None
        assert found.notice is not None
        assert found.notice.outcome == expected


def test_an_event_about_something_else_changes_nothing() -> None:
    body = json.dumps({"type": "payout.paid", "data": {"object": {"object": "payout", "id": "1"}}})
    signed = {"stripe-signature": sign(body.encode(), NOW.timestamp())}
    assert provider().verify(Callback(signed, {}, body.encode())) is None


@pytest.mark.parametrize("seconds", [-301, 301, -(10**9)])
def test_an_old_or_early_signature_is_refused(seconds: int) -> None:
    body = b'{"type": "x", "data": {"object": {"object": "payout", "id": "1"}}}'
    header = {"stripe-signature": sign(body, (NOW + timedelta(seconds=seconds)).timestamp())}
    assert code_of(Callback(header, {}, body)) == "forged_notice"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=",
        "t=,v1=",
        "t=1",
        f"t={int(NOW.timestamp())},v1=" + "0" * 64,
        f"t={int(NOW.timestamp())},t=2,v1=" + "0" * 64,
        "t=" + "9" * 5000 + ",v1=a",
        "t=¹,v1=ä",
    ],
)
def test_a_forged_signature_is_refused(header: str) -> None:
    assert code_of(Callback({"stripe-signature": header}, {}, b"{}")) == "forged_notice"


def test_a_signature_over_another_body_is_refused() -> None:
    header = {"stripe-signature": sign(b"{}", NOW.timestamp())}
    assert code_of(Callback(header, {}, b"{} ")) == "forged_notice"


def returned(server: StripeServer, identity: str) -> Callback:
    query = dict(parse_qsl(urlsplit(server.way_back(identity)).query))
    return Callback({}, query, b"")


def test_a_browser_that_comes_back_is_believed_as_far_as_stripe_says_so() -> None:
    with StripeServer() as server:
        stripe = provider(server.url)
        identity = stripe.create(REQUEST).reference
        left = stripe.verify(returned(server, identity))
        assert left is not None
        assert left.outcome == "cancelled"
        server.settle(identity, "paid")
        back = returned(server, identity)
        assert stripe.verify(back) == replace(PAID, provider_reference=identity)
        asked = len(server.asked)
        for changed in ({"reference": "another"}, {"proof": "0" * 64}, {"way": "cancelled"}):
            assert (
                code_of(replace(back, query={**back.query, **changed}), stripe) == "forged_notice"
            )
        assert code_of(Callback({}, {"session": identity}, b""), stripe) == "forged_notice"
        assert len(server.asked) == asked, "a stranger makes us ask nobody"
        other = stripe.create(replace(REQUEST, due=replace(DUE, reference="2"))).reference
        server.settle(other, "paid")
        swapped = replace(back, query={**back.query, "session": other})
        assert code_of(swapped, stripe) == "forged_notice"


def test_a_refund_is_made_once_and_in_parts() -> None:
    with StripeServer() as server:
        stripe = provider(server.url)
        identity = stripe.create(REQUEST).reference
        server.settle(identity, "paid")
        part = RefundDue("refund-1", replace(DUE, cents=4000), identity)
        assert stripe.refund(part) == "done"
        server.keys.clear()  # a day later their record of our keys is gone
        assert stripe.refund(part) == "done"
        assert [one["amount"] for one in server.refunds] == [4000]
        assert stripe.refund(RefundDue("refund-2", replace(DUE, cents=500), identity)) == "done"
        too_much = RefundDue("refund-3", replace(DUE, cents=1), identity)
        assert stripe.refund(too_much) == "refused"


def test_a_trial_says_whether_the_key_is_right() -> None:
    with StripeServer() as server:
        provider(server.url).try_connection()
        with pytest.raises(ProviderUnavailableError):
            replace(provider(server.url), keys=(b"sk_wrong",)).try_connection()
