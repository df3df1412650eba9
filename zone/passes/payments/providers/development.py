"""A redirect provider for development: its page offers each outcome, and its callback is signed.

It stores nothing: the address of its page carries the payment, signed like the callbacks.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from zone.core import secrets
from zone.core.errors import DomainError
from zone.core.time import EARLIEST, LATEST
from zone.passes.payments.errors import FORGED_NOTICE
from zone.passes.payments.providers.protocol import (
    OUTCOMES,
    AmountDue,
    Callback,
    CreatedPayment,
    FoundPayment,
    PaymentNotice,
    PaymentRequest,
    RefundDue,
)

NAME: Final = "development"
KEY_FILE: Final = "payment-development.key"
CALLBACK: Final = "/payments/development/callback"
_DUE: Final = ("reference", "cents", "currency")
_NOTICE: Final = ("reference", "cents", "currency", "outcome", "at")


@dataclass(frozen=True, slots=True)
class DevelopmentProvider:
    """The provider with its signing secret, and older ones that still verify."""

    secret: bytes
    older: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        return NAME

    @property
    def title(self) -> str:
        return "Test"

    @property
    def url(self) -> str:
        return ""

    @property
    def page_origins(self) -> tuple[str, ...]:
        return ()

    def create(self, payment: PaymentRequest) -> CreatedPayment:
        """Return the address of the payment page; there is nothing to create."""
        return CreatedPayment(payment.due.reference, self.page_address(payment.due))

    def refund(self, refund: RefundDue) -> str:
        """No money was taken, so it is given back at once."""
        return "done"

    def find(self, due: AmountDue, provider_reference: str | None) -> FoundPayment | None:
        """Return the address again. Outcomes are not stored: only the callback reports one."""
        return FoundPayment(CreatedPayment(due.reference, self.page_address(due)), None)

    def try_connection(self) -> None:
        """There is nothing to connect to."""

    def page_address(self, due: AmountDue) -> str:
        """Return the signed address of the payment page."""
        fields = {"reference": due.reference, "cents": str(due.cents), "currency": due.currency}
        signed = self._signed("due", _DUE, fields)
        del signed["reference"]  # it is in the path
        return f"/dev-pay/{quote(due.reference)}?{urlencode(signed)}"

    def due(self, fields: Mapping[str, str]) -> AmountDue:
        """Return the amount in the address of the payment page.

        Raises:
            DomainError: forged_notice.
        """
        self._verify("due", _DUE, fields)
        return AmountDue(fields["reference"], int(fields["cents"]), fields["currency"])

    def callback(self, due: AmountDue, outcome: str, now: datetime) -> str:
        """Return the signed address that reports an outcome; its time is in whole seconds."""
        fields = {
            "reference": due.reference,
            "cents": str(due.cents),
            "currency": due.currency,
            "outcome": outcome,
            "at": str(int(now.timestamp())),
        }
        return f"{CALLBACK}?{urlencode(self._signed('notice', _NOTICE, fields))}"

    def verify(self, callback: Callback) -> PaymentNotice:
        """Return the notice of a callback, from its query or the form in its body.

        Its time is within the bounds that dates have.

        Raises:
            DomainError: forged_notice.
        """
        body = callback.body.decode("utf-8", "replace")
        fields = {**dict(parse_qsl(body)), **callback.query}
        self._verify("notice", _NOTICE, fields)
        at = datetime.fromtimestamp(int(fields["at"]), UTC)
        if fields["outcome"] not in OUTCOMES or not EARLIEST <= at < LATEST:
            raise DomainError(FORGED_NOTICE)
        return PaymentNotice(
            fields["reference"], fields["outcome"], int(fields["cents"]), fields["currency"], at
        )

    def _signed(
        self, purpose: str, names: tuple[str, ...], fields: Mapping[str, str]
    ) -> dict[str, str]:
        return {name: fields[name] for name in names} | {
            "signature": _signature(self.secret, purpose, names, fields)
        }

    def _verify(self, purpose: str, names: tuple[str, ...], fields: Mapping[str, str]) -> None:
        if not {*names, "signature"} <= set(fields):
            raise DomainError(FORGED_NOTICE)
        expected = (
            _signature(secret, purpose, names, fields) for secret in (self.secret, *self.older)
        )
        if not any(
            hmac.compare_digest(signature.encode(), fields["signature"].encode())
            for signature in expected
        ):
            raise DomainError(FORGED_NOTICE)


def _signature(
    secret: bytes, purpose: str, names: tuple[str, ...], fields: Mapping[str, str]
) -> str:
    # With the purpose the address of a page is not valid as a callback. urlencode escapes the
    # separators, so that no two sets of fields give the same message.
    message = f"zone-dev-pay-1:{purpose}:{urlencode([(name, fields[name]) for name in names])}"
    return hmac.new(secret, message.encode(), hashlib.sha256).hexdigest()


def development_provider(keys: Path) -> DevelopmentProvider:
    """Return the provider with the secrets of this installation, created at the first use."""
    newest, *older = secrets.valid_secrets(keys, KEY_FILE)
    return DevelopmentProvider(newest, tuple(older))
