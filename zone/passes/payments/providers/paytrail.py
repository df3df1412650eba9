"""Paytrail: its Payment API, as documented in November 2025.

Every request, answer, redirect and callback is signed: HMAC in hex, with the merchant's secret,
over all names that begin with `checkout-` in alphabetical order, each as `name:value` and a line
feed, and the body exactly as it was sent.
"""

import hashlib
import hmac
import json
import secrets as random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.money import EUR
from zone.passes.payments.errors import FORGED_NOTICE
from zone.passes.payments.providers import http_client
from zone.passes.payments.providers.http_client import ProviderAnswer
from zone.passes.payments.providers.protocol import (
    PENDING,
    AmountDue,
    Callback,
    CreatedPayment,
    FoundPayment,
    PaymentItem,
    PaymentNotice,
    PaymentRequest,
    ProviderUnavailableError,
    RefundDue,
)
from zone.passes.payments.providers.provider_keys import provider_secrets

NAME: Final = "paytrail"
KEY_FILE: Final = "paytrail.key"
PAGES: Final = ("https://pay.paytrail.com", "https://services.paytrail.com")
"""The origins to which a browser is sent to pay."""
PREFIX: Final = "checkout-"
SIGNATURE: Final = "signature"
ALGORITHMS: Final = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
REFUND: Final = "refund"
"""In the query of the address that is called about a refund: those are no notices of payments."""
OUTCOMES: Final = {"ok": "paid", "fail": "declined", "pending": PENDING, "delayed": PENDING}
LANGUAGES: Final = {"fi": "FI", "sv": "SV", "en": "EN"}
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
NO_REFUNDS: Final = 422
"""The way to pay cannot give money back."""


def signature(
    secret: bytes, fields: Mapping[str, str], body: bytes = b"", algorithm: str = "sha256"
) -> str:
    """Return the signature over the fields that begin with `checkout-`, and a body."""
    lines = [f"{name}:{fields[name]}" for name in sorted(fields) if name.startswith(PREFIX)]
    message = "\n".join(lines).encode() + b"\n" + body
    return hmac.new(secret, message, ALGORITHMS[algorithm]).hexdigest()


@dataclass(frozen=True, slots=True)
class PaytrailProvider:
    """Paytrail for one merchant: the account, its secrets (the newest signs), and where it is."""

    account: str
    secrets: tuple[bytes, ...]
    url: str
    clock: Callable[[], datetime] = utc_now
    most_calls: int = 1

    @property
    def name(self) -> str:
        return NAME

    @property
    def title(self) -> str:
        return "Paytrail"

    @property
    def page_origins(self) -> tuple[str, ...]:
        return (*PAGES, self.url)

    def create(self, payment: PaymentRequest) -> CreatedPayment:
        answer = self._call("POST", "/payments", self._payment_body(payment))
        if answer.status not in (200, 201):
            raise ProviderUnavailableError
        created = answer.json()
        return CreatedPayment(created.get("transactionId", ""), created.get("href", ""))

    def _payment_body(self, payment: PaymentRequest) -> dict[str, Any]:
        due = payment.due
        if due.currency != EUR:
            raise ProviderUnavailableError
        address = {"success": payment.callback_url, "cancel": payment.callback_url}
        return {
            # A stamp is used once there. Of a call without an answer nobody knows whether it
            # was used, so each call has another one; the reference stays.
            "stamp": f"{due.reference}.{random.token_hex(4)}",
            "reference": due.reference,
            "amount": due.cents,
            "currency": due.currency,
            "language": LANGUAGES.get(payment.language, "EN"),
            "items": [_item(item) for item in payment.items],
            "customer": {"email": payment.email},
            "redirectUrls": address,
            "callbackUrls": address,
        }

    def verify(self, callback: Callback) -> PaymentNotice | None:
        # Some banks send the browser back by POST, with the same fields in a form.
        form = dict(parse_qsl(callback.body.decode("utf-8", "replace"), keep_blank_values=True))
        fields = {**form, **callback.query}
        self._verify(fields, b"", fields.get(SIGNATURE, ""))
        if REFUND in fields:
            return None
        return self._notice_of(fields)

    def _notice_of(self, fields: Mapping[str, str]) -> PaymentNotice:
        try:
            reference, stamp = fields["checkout-reference"], fields["checkout-stamp"]
            outcome, cents = OUTCOMES[fields["checkout-status"]], int(fields["checkout-amount"])
        except (KeyError, ValueError) as error:
            raise DomainError(FORGED_NOTICE) from error
        # Signed, and of another order or another shop that has the same merchant.
        if stamp.partition(".")[0] != reference:
            raise DomainError(FORGED_NOTICE)
        transaction = fields.get("checkout-transaction-id")
        return PaymentNotice(reference, outcome, cents, EUR, self.clock(), transaction or None)

    def refund(self, refund: RefundDue) -> str:
        transaction = refund.provider_reference
        if transaction is None:
            return "refused"  # never created there
        url = f"{refund.callback_url}?{REFUND}={quote(refund.reference)}"
        body = {
            "amount": refund.payment.cents,
            # Of a repeated call Paytrail sees that it is the same refund.
            "refundStamp": refund.reference,
            "refundReference": refund.payment.reference,
            "callbackUrls": {"success": url, "cancel": url},
        }
        path = f"/payments/{quote(transaction)}/refund"
        answer = self._call("POST", path, body, transaction)
        # 400 may be the answer of the buyer's bank, and 422 that this way to pay knows no refunds.
        if answer.status in (BAD_REQUEST, NOT_FOUND, NO_REFUNDS):
            return "refused"
        if answer.status not in (200, 201):
            raise ProviderUnavailableError
        # `pending`: accepted, and paid out later. There is no way to ask for it again.
        return "done" if answer.json().get("status") in ("ok", "pending") else "refused"

    def find(self, due: AmountDue, provider_reference: str | None) -> FoundPayment | None:
        # Payments are found by their transaction alone. One whose answer was lost cannot be paid
        # either: the address to pay at was in that answer.
        if provider_reference is None:
            return None
        answer = self._call(
            "GET", f"/payments/{quote(provider_reference)}", None, provider_reference
        )
        if answer.status == NOT_FOUND:
            return None
        if answer.status != 200:
            raise ProviderUnavailableError
        return _found(answer.json(), provider_reference, self.clock())

    def try_connection(self) -> None:
        # A transaction that cannot exist: 404 says that the account and the signature are right.
        unknown = "00000000-0000-4000-8000-000000000000"
        answer = self._call("GET", f"/payments/{unknown}", None, unknown)
        if answer.status != NOT_FOUND:
            raise ProviderUnavailableError

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, transaction: str = ""
    ) -> ProviderAnswer:
        if not self.secrets:
            raise ProviderUnavailableError
        fields = {
            "checkout-account": self.account,
            "checkout-algorithm": "sha256",
            "checkout-method": method,
            "checkout-nonce": random.token_hex(16),
            "checkout-timestamp": self.clock().isoformat(timespec="milliseconds")[:23] + "Z",
        }
        if transaction:
            fields["checkout-transaction-id"] = transaction
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {
            **fields,
            "platform-name": "zone",
            SIGNATURE: signature(self.secrets[0], fields, content),
        }
        if content:
            headers["content-type"] = "application/json; charset=utf-8"
        answer = http_client.call(method, self.url + path, headers, content, most=self.most_calls)
        self._check_answer(answer)
        return answer

    def _check_answer(self, answer: ProviderAnswer) -> None:
        """Check that an answer is signed; an error of a server in between is not."""
        try:
            self._verify(answer.headers, answer.body, answer.headers.get(SIGNATURE, ""))
        except DomainError as error:
            raise ProviderUnavailableError from error

    def _verify(self, fields: Mapping[str, str], body: bytes, given: str) -> None:
        algorithm = fields.get("checkout-algorithm", "")
        if algorithm not in ALGORITHMS or fields.get("checkout-account") != self.account:
            raise DomainError(FORGED_NOTICE)
        expected = [signature(secret, fields, body, algorithm) for secret in self.secrets]
        if not any(hmac.compare_digest(one.encode(), given.encode()) for one in expected):
            raise DomainError(FORGED_NOTICE)


def _item(item: PaymentItem) -> dict[str, Any]:
    # One decimal is what they take.
    rate = (Decimal(item.vat_bp) / 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {
        "unitPrice": item.cents,
        "units": 1,
        "vatPercentage": float(rate),
        "productCode": item.code[:100],
        "description": item.name[:1000],
    }


def _found(data: Mapping[str, Any], transaction: str, now: datetime) -> FoundPayment:
    status, reference = data.get("status"), data.get("reference")
    # Its page is open while nothing has happened; afterwards there is no address.
    created = CreatedPayment(transaction, data.get("href") or "-")
    if status == "new":
        return FoundPayment(created, None)
    outcome = OUTCOMES.get(str(status))
    cents, currency = data.get("amount"), data.get("currency", EUR)
    if outcome is None or not isinstance(reference, str) or not isinstance(cents, int):
        raise ProviderUnavailableError
    return FoundPayment(
        created, PaymentNotice(reference, outcome, cents, currency, _paid_at(data, now))
    )


def _paid_at(data: Mapping[str, Any], now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(data.get("paidAt", "")))
    except ValueError:
        return now
    return at if at.tzinfo is not None else now


def paytrail_provider(settings: Settings) -> PaytrailProvider:
    """Return Paytrail with the merchant of the settings and the secrets of this installation."""
    return PaytrailProvider(
        settings.paytrail_account,
        provider_secrets(settings.keys, KEY_FILE),
        settings.paytrail_url,
        most_calls=http_client.calls_each(len(settings.payment_providers)),
    )
