"""Stripe Checkout, by plain HTTPS.

A webhook is signed over its time and its body. Events come more than once and in any order, so an
event only says which session to look at; what holds is what Stripe answers about it now.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.passes.payments.errors import FORGED_NOTICE
from zone.passes.payments.providers import http_client
from zone.passes.payments.providers.http_client import ProviderAnswer
from zone.passes.payments.providers.protocol import (
    PENDING,
    AmountDue,
    Callback,
    CreatedPayment,
    FoundPayment,
    MadeRefund,
    PaymentNotice,
    PaymentRequest,
    ProviderUnavailableError,
    RefundDue,
)
from zone.passes.payments.providers.provider_keys import provider_secrets

_log: Final = logging.getLogger(__name__)
NAME: Final = "stripe"
KEY_FILE: Final = "stripe.key"
WEBHOOK_FILE: Final = "stripe-webhook.key"
PAGES: Final = ("https://checkout.stripe.com",)
HEADER: Final = "stripe-signature"
TOLERANCE: Final = timedelta(seconds=300)
MOST_DIGITS: Final = 12
"""Of the time in a signature: more are no time."""
SESSION: Final = "session"
REFERENCE: Final = "reference"
WAY: Final = "way"
PROOF: Final = "proof"
LOCALES: Final = frozenset({"fi", "sv", "en"})
REFUNDED: Final = {"succeeded": "done", "failed": "refused", "canceled": "refused"}
MOST_PAGES: Final = 20
"""Of a hundred refunds each, the newest first: as many as are looked at."""
OK: Final = 200
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class StripeProvider:
    """Stripe for one account: its secret keys and those of its webhook, and where it is."""

    keys: tuple[bytes, ...]
    webhook_secrets: tuple[bytes, ...]
    url: str
    clock: Callable[[], datetime] = utc_now
    most_calls: int = 1

    @property
    def name(self) -> str:
        return NAME

    @property
    def title(self) -> str:
        return "Stripe"

    @property
    def page_origins(self) -> tuple[str, ...]:
        return (*PAGES, self.url)

    def create(self, payment: PaymentRequest) -> CreatedPayment:
        due = payment.due
        answer = self._call(
            "POST",
            "/v1/checkout/sessions",
            self._session_fields(payment),
            key=f"create {due.reference}",
        )
        session = _object_of(answer)
        return CreatedPayment(session.get("id", ""), session.get("url") or "")

    def _session_fields(self, payment: PaymentRequest) -> list[tuple[str, str]]:
        due, language = payment.due, payment.language
        fields = [
            ("mode", "payment"),
            ("client_reference_id", due.reference),
            ("customer_email", payment.email),
            ("locale", language if language in LOCALES else "en"),
            ("success_url", self._way_back(payment, "done")),
            ("cancel_url", self._way_back(payment, "cancelled")),
            ("payment_intent_data[metadata][reference]", due.reference),
        ]
        for number, item in enumerate(payment.items):
            line = f"line_items[{number}]"
            fields += [
                (f"{line}[quantity]", "1"),
                (f"{line}[price_data][currency]", due.currency.lower()),
                (f"{line}[price_data][unit_amount]", str(item.cents)),
                (f"{line}[price_data][product_data][name]", item.name or item.code),
            ]
        return fields

    def _way_back(self, payment: PaymentRequest, way: str) -> str:
        # With a proof of ours, so that nobody makes us ask Stripe about what they made up. Stripe
        # puts the id in place of the braces.
        reference = payment.due.reference
        query = urlencode({REFERENCE: reference, WAY: way, PROOF: self._proof(reference, way)})
        return f"{payment.callback_url}?{query}&{SESSION}={{CHECKOUT_SESSION_ID}}"

    def _proof(self, reference: str, way: str, key: bytes | None = None) -> str:
        key = key or (self.keys[0] if self.keys else b"")
        message = f"zone-stripe-return-1:{way}:{reference}"
        return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()

    def verify(self, callback: Callback) -> PaymentNotice | None:
        if HEADER in callback.headers:
            return self._webhook(callback)
        return self._returned(callback.query)

    def _webhook(self, callback: Callback) -> PaymentNotice | None:
        self._verify_signature(callback.headers[HEADER], callback.body)
        try:
            event = json.loads(callback.body)
            kind, about = str(event["type"]), event["data"]["object"]
            what, identity = str(about["object"]), str(about["id"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DomainError(FORGED_NOTICE) from error
        if what == "checkout.session":
            return self._notice_of(self._session(identity), kind.endswith("async_payment_failed"))
        if what == "charge" and about.get("payment_intent"):
            session = self._session_of_intent(str(about["payment_intent"]))
            return self._notice_of(session)
        return None

    def _verify_signature(self, header: str, body: bytes) -> None:
        pairs = [part.strip().partition("=") for part in header.split(",")]
        times = [value for name, _, value in pairs if name == "t"]
        given = [value for name, _, value in pairs if name == "v1"]
        if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
            raise DomainError(FORGED_NOTICE)
        if len(times[0]) > MOST_DIGITS:
            raise DomainError(FORGED_NOTICE)
        expected = [
            hmac.new(secret, times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
            for secret in self.webhook_secrets
        ]
        # While a secret is replaced, Stripe signs with both.
        if not any(
            hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given
        ):
            raise DomainError(FORGED_NOTICE)
        ahead = self.clock().timestamp() - int(times[0])
        if abs(ahead) > TOLERANCE.total_seconds():
            # An old notice that is sent again, or one of the two clocks.
            _log.warning("a notice that Stripe has signed is %.0f s old by our clock", ahead)
            raise DomainError(FORGED_NOTICE)

    def _returned(self, query: Mapping[str, str]) -> PaymentNotice | None:
        """Return what Stripe says of the session with which a browser comes back."""
        reference, way = query.get(REFERENCE, ""), query.get(WAY, "")
        given = query.get(PROOF, "")
        expected = [self._proof(reference, way, key) for key in self.keys]
        if not any(hmac.compare_digest(one.encode(), given.encode()) for one in expected):
            raise DomainError(FORGED_NOTICE)
        session = self._session(query.get(SESSION, ""))
        if session is None or session.get("client_reference_id") != reference:
            raise DomainError(FORGED_NOTICE)
        return self._notice_of(session, was_left=way == "cancelled")

    def _session(self, identity: str) -> dict[str, Any] | None:
        path = f"/v1/checkout/sessions/{quote(identity, safe='')}"
        answer = self._call("GET", f"{path}?expand[]=payment_intent")
        return None if answer.status == NOT_FOUND else _object_of(answer)

    def _session_of_intent(self, intent: str) -> dict[str, Any] | None:
        query = urlencode({"payment_intent": intent, "expand[]": "data.payment_intent"})
        answer = self._call("GET", f"/v1/checkout/sessions?{query}")
        found = _object_of(answer).get("data")
        return (
            found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else None
        )

    def _notice_of(
        self, session: Mapping[str, Any] | None, has_failed: bool = False, was_left: bool = False
    ) -> PaymentNotice | None:
        """Return what a session says now; None where it is no payment of ours."""
        if session is None or not session.get("client_reference_id"):
            return None
        outcome = _outcome_of(session)
        if outcome == PENDING and has_failed:
            outcome = "declined"
        if outcome is None:
            outcome = "cancelled" if was_left else PENDING
        return PaymentNotice(
            session["client_reference_id"],
            outcome,
            session.get("amount_total"),  # type: ignore[arg-type]  # checked by `check_notice`
            str(session.get("currency", "")).upper(),
            self.clock(),
            session.get("id") or None,
        )

    def refund(self, refund: RefundDue) -> str:
        intent = self._intent_of(refund.provider_reference)
        if intent is None:
            return "refused"
        # Keys of repeated calls are kept a day there, a refund may wait longer: so look first.
        made = self._refund_made(intent, refund.reference)
        if made is None:
            fields = [
                ("payment_intent", intent),
                ("amount", str(refund.payment.cents)),
                ("metadata[refund]", refund.reference),
            ]
            answer = self._call("POST", "/v1/refunds", fields, key=f"refund {refund.reference}")
            if answer.status == BAD_REQUEST:
                return "refused"
            made = _object_of(answer)
        return REFUNDED.get(str(made.get("status")), PENDING)

    def _intent_of(self, session_id: str | None) -> str | None:
        session = None if session_id is None else self._session(session_id)
        intent = None if session is None else session.get("payment_intent")
        identity = intent.get("id") if isinstance(intent, dict) else intent
        return identity if isinstance(identity, str) and identity else None

    def _refund_made(self, intent: str, reference: str) -> dict[str, Any] | None:
        query = urlencode({"payment_intent": intent, "limit": 100})
        found = _object_of(self._call("GET", f"/v1/refunds?{query}")).get("data")
        if not isinstance(found, list):
            raise ProviderUnavailableError
        same = (one for one in found if one.get("metadata", {}).get("refund") == reference)
        return next(same, None)

    def refunds_since(self, since: datetime) -> list[MadeRefund]:
        made: list[MadeRefund] = []
        query = {"created[gte]": str(int(since.timestamp())), "limit": "100"}
        for _page in range(MOST_PAGES):
            answer = _object_of(self._call("GET", f"/v1/refunds?{urlencode(query)}"))
            found = answer.get("data")
            if not isinstance(found, list):
                raise ProviderUnavailableError
            made += [
                _made(one) for one in found if REFUNDED.get(str(one.get("status"))) != "refused"
            ]
            if not found or not answer.get("has_more"):
                break
            query["starting_after"] = str(found[-1].get("id"))
        return made

    def payment_of(self, made: MadeRefund) -> str | None:
        session = self._session_of_intent(made.payment)
        reference = None if session is None else session.get("client_reference_id")
        return reference if isinstance(reference, str) else None

    def find(self, due: AmountDue, provider_reference: str | None) -> FoundPayment | None:
        # Without an id: the answer was lost, and with it the address to pay at.
        if provider_reference is None:
            return None
        session = self._session(provider_reference)
        if session is None:
            return None
        created = CreatedPayment(provider_reference, session.get("url") or "-")
        if _outcome_of(session) is None:
            return FoundPayment(created, None)
        return FoundPayment(created, self._notice_of(session))

    def try_connection(self) -> None:
        if self._call("GET", "/v1/checkout/sessions?limit=1").status != OK:
            raise ProviderUnavailableError

    def _call(
        self, method: str, path: str, fields: list[tuple[str, str]] | None = None, key: str = ""
    ) -> ProviderAnswer:
        if not self.keys:
            raise ProviderUnavailableError
        headers = {"authorization": f"Bearer {self.keys[0].decode('ascii', 'replace')}"}
        if key:
            headers["idempotency-key"] = key
        body = b""
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields).encode()
        return http_client.call(method, self.url + path, headers, body, most=self.most_calls)


def _object_of(answer: ProviderAnswer) -> dict[str, Any]:
    if answer.status != OK:
        raise ProviderUnavailableError
    return answer.json()


def _made(refund: Mapping[str, Any]) -> MadeRefund:
    identity, intent, cents = (refund.get(name) for name in ("id", "payment_intent", "amount"))
    about, created = refund.get("metadata") or {}, refund.get("created")
    if not isinstance(identity, str) or type(cents) is not int or type(created) is not int:
        raise ProviderUnavailableError
    asked = about.get("refund")
    at = datetime.fromtimestamp(created, UTC)
    # One of a charge without an intent is of another system, and of no payment of ours.
    return MadeRefund(identity, asked if isinstance(asked, str) else None, str(intent), cents, at)


def _outcome_of(session: Mapping[str, Any]) -> str | None:
    """Return the outcome of a session, or None while its page is open."""
    if session.get("payment_status") == "paid":
        return "paid"
    if session.get("status") == "expired":
        return "cancelled"
    if session.get("status") != "complete":
        return None
    intent = session.get("payment_intent")
    failed = isinstance(intent, dict) and intent.get("status") in (
        "requires_payment_method",
        "canceled",
    )
    return "declined" if failed else PENDING


def stripe_provider(settings: Settings) -> StripeProvider:
    """Return Stripe with the keys of this installation."""
    return StripeProvider(
        provider_secrets(settings.keys, KEY_FILE),
        provider_secrets(settings.keys, WEBHOOK_FILE),
        settings.stripe_url,
        most_calls=http_client.calls_each(len(settings.payment_providers)),
    )
