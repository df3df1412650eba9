"""Paytrail: its signatures, checked by the vectors of its documentation, and its calls."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.world.paytrail_server import ACCOUNT, SECRET, PaytrailServer, sign
from zone.core.errors import DomainError
from zone.passes.payments.providers.paytrail import PaytrailProvider, signature
from zone.passes.payments.providers.protocol import (
    AmountDue,
    Callback,
    PaymentItem,
    PaymentNotice,
    PaymentRequest,
    ProviderUnavailableError,
    RefundDue,
)

NOW = datetime(2026, 9, 1, 9, 0, 0, 123000, tzinfo=UTC)
DUE = AmountDue("reference-1", 4500, "EUR")
ITEMS = [PaymentItem("term", "Sports pass", 4500, 1350)]
REQUEST = PaymentRequest(DUE, ITEMS, "anna@example.org", "sv", "https://zone.example/callback")
VECTOR_2 = (
    "checkout-account=375917&checkout-algorithm=sha256&checkout-amount=2964"
    "&checkout-stamp=15336332710015&checkout-reference=192387192837195"
    "&checkout-transaction-id=4b300af6-9a22-11e8-9184-abb6de7fd2d0&checkout-status=ok"
    "&checkout-provider=nordea"
)
VECTOR_2_SIGNATURE = "b2d3ecdda2c04563a4638fcade3d4e77dfdc58829b429ad2c2cb422d0fc64080"


def provider(url: str = "http://127.0.0.1:9") -> PaytrailProvider:
    return PaytrailProvider(ACCOUNT, (SECRET,), url, lambda: NOW)


def is_forged(fields: dict[str, str], body: bytes = b"") -> bool:
    try:
        provider().verify(Callback({}, fields, body))
    except DomainError as refused:
        return refused.code == "forged_notice"
    return False


def test_the_signature_of_a_request_is_that_of_the_documentation() -> None:
    fields = {
        "checkout-account": "375917",
        "checkout-algorithm": "sha256",
        "checkout-method": "POST",
        "checkout-nonce": "564635208570151",
        "checkout-timestamp": "2018-07-06T10:01:31.904Z",
        "platform-name": "not signed",
    }
    body = {
        "stamp": "unique-identifier-for-merchant",
        "reference": "3759170",
        "amount": 1525,
        "currency": "EUR",
        "language": "FI",
        "items": [
            {
                "unitPrice": 1525,
                "units": 1,
                "vatPercentage": 25.5,
                "productCode": "#1234",
                "deliveryDate": "2018-09-01",
            }
        ],
        "customer": {"email": "test.customer@example.com"},
        "redirectUrls": {
            "success": "https://ecom.example.com/cart/success",
            "cancel": "https://ecom.example.com/cart/cancel",
        },
    }
    sent = json.dumps(body, separators=(",", ":")).encode()
    expected = "9a4a7735279de4c99268e4566a5526ae887e73e6e58f2918cb2309ccac366129"
    assert signature(SECRET, fields, sent) == expected


def test_the_signature_of_a_redirect_is_that_of_the_documentation() -> None:
    assert signature(SECRET, dict(parse_qsl(VECTOR_2))) == VECTOR_2_SIGNATURE


FIELDS = {
    "checkout-account": ACCOUNT,
    "checkout-algorithm": "sha256",
    "checkout-amount": "4500",
    "checkout-stamp": "reference-1.0a",
    "checkout-reference": "reference-1",
    "checkout-transaction-id": "4b300af6",
    "checkout-status": "ok",
    "checkout-provider": "nordea",
}
SIGNED = FIELDS | {"signature": sign(FIELDS)}


def test_a_callback_is_read_by_get_and_by_post() -> None:
    notice = PaymentNotice("reference-1", "paid", 4500, "EUR", NOW, "4b300af6")
    assert provider().verify(Callback({}, SIGNED, b"")) == notice
    assert provider().verify(Callback({}, {}, urlencode(SIGNED).encode())) == notice


def test_a_parameter_that_they_add_is_signed_too() -> None:
    more = FIELDS | {"checkout-new": "1"}
    assert not is_forged(more | {"signature": sign(more)})
    assert is_forged(more | {"signature": sign(FIELDS)})


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_a_callback_with_any_field_changed_or_missing_is_forged(name: str) -> None:
    assert is_forged(SIGNED | {name: SIGNED[name] + "0"})
    assert is_forged({key: value for key, value in SIGNED.items() if key != name})


@pytest.mark.parametrize(
    "changed",
    [
        {"checkout-account": "375918"},
        {"checkout-stamp": "reference-2.0a"},
        {"checkout-reference": "reference-2"},
        {"checkout-status": "unheard-of"},
        {"checkout-amount": "45,00"},
        {"checkout-algorithm": "md5"},
    ],
)
def test_a_signed_callback_of_another_account_or_stamp_is_refused(changed: dict[str, str]) -> None:
    fields = FIELDS | changed
    assert is_forged(fields | {"signature": sign(fields)})


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("ok", "paid"), ("fail", "declined"), ("pending", "pending"), ("delayed", "pending")],
)
def test_each_status_is_an_outcome(status: str, outcome: str) -> None:
    fields = FIELDS | {"checkout-status": status}
    notice = provider().verify(Callback({}, fields | {"signature": sign(fields)}, b""))
    assert notice is not None
    assert notice.outcome == outcome


def test_an_older_secret_verifies_and_the_newest_signs() -> None:
    both = replace(provider(), secrets=(b"new", SECRET))
    assert both.verify(Callback({}, SIGNED, b"")) is not None
    with PaytrailServer() as server, pytest.raises(ProviderUnavailableError):
        replace(both, url=server.url).create(REQUEST)


def test_a_payment_is_created_found_and_given_back() -> None:
    with PaytrailServer() as server:
        paytrail = provider(server.url)
        created = paytrail.create(REQUEST)
        known = server.book[created.reference]
        assert created.address == f"{server.url}/pay/{created.reference}"
        assert (known["language"], known["items"][0]["vatPercentage"]) == ("SV", 13.5)
        assert server.asked[0].headers["checkout-timestamp"] == "2026-09-01T09:00:00.123Z"
        found = paytrail.find(DUE, created.reference)
        assert found is not None
        assert found.notice is None
        server.settle(created.reference, "paid")
        found = paytrail.find(DUE, created.reference)
        assert found is not None
        assert found.notice is not None
        assert (found.notice.reference, found.notice.outcome) == ("reference-1", "paid")
        refund = RefundDue("refund-1", DUE, created.reference, "https://zone.example/callback")
        assert paytrail.refund(refund) == "done"
        assert known["refunds"] == {"refund-1": 4500}


def test_a_payment_of_a_lost_answer_is_created_again() -> None:
    with PaytrailServer() as server:
        paytrail = provider(server.url)
        server.hangs_up = True
        with pytest.raises(ProviderUnavailableError):
            paytrail.create(REQUEST)
        server.hangs_up = False
        assert paytrail.create(REQUEST).address
        assert len(server.book) == 2


@pytest.mark.parametrize("status", [400, 422])
def test_a_refund_that_a_bank_refuses_is_refused(status: int) -> None:
    with PaytrailServer() as server:
        paytrail = provider(server.url)
        identity = paytrail.create(REQUEST).reference
        server.refunds_with = status
        assert paytrail.refund(RefundDue("refund-1", DUE, identity)) == "refused"


def test_what_is_not_signed_by_them_is_no_answer() -> None:
    with PaytrailServer() as server:
        paytrail = provider(server.url)
        server.fails_with = 200  # such as the page of a proxy in between
        with pytest.raises(ProviderUnavailableError):
            paytrail.create(REQUEST)
        with pytest.raises(ProviderUnavailableError):
            paytrail.find(DUE, "any")


def test_a_trial_says_whether_account_and_secret_are_right() -> None:
    with PaytrailServer() as server:
        provider(server.url).try_connection()
        for wrong in (replace(provider(server.url), secrets=(b"another",)),):
            with pytest.raises(ProviderUnavailableError):
                wrong.try_connection()
