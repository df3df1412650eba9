"""A payment provider of the tests: a bank with a book on disk, that fails or dies when told to."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.world.shop import NOW
from zone.core.config import SETTINGS_KEY, Settings
from zone.core.errors import DomainError
from zone.passes.payments.errors import FORGED_NOTICE
from zone.passes.payments.providers import choice
from zone.passes.payments.providers.choice import ProviderFactory
from zone.passes.payments.providers.protocol import (
    AmountDue,
    Callback,
    CreatedPayment,
    FoundPayment,
    PaymentNotice,
    PaymentRequest,
    ProviderUnavailableError,
    RefundDue,
)

SIGNATURE = {"x-bank-signature": "signed by the bank"}


@dataclass
class Bank:
    """The bank; `book` holds what it knows, `before_answer` happens inside a call of `create`."""

    folder: Path
    before_answer: Callable[[], None] = lambda: None
    down: bool = False
    refuses: str = "done"

    @property
    def name(self) -> str:
        return "bank"

    @property
    def title(self) -> str:
        return "Test bank"

    @property
    def url(self) -> str:
        return ""

    @property
    def page_origins(self) -> tuple[str, ...]:
        return ("https://bank.example",)

    def try_connection(self) -> None:
        if self.down:
            raise ProviderUnavailableError

    @property
    def book(self) -> dict[str, Any]:
        path = self.folder / "bank.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def write(self, reference: str, **values: Any) -> None:
        book = self.book
        book[reference] = book.get(reference, {}) | values
        (self.folder / "bank.json").write_text(json.dumps(book))

    def create(self, payment: PaymentRequest) -> CreatedPayment:
        if self.down:
            raise ProviderUnavailableError
        due = payment.due
        self.write(due.reference, cents=due.cents, outcome=None, to=payment.callback_url)
        self.before_answer()
        return self._created(due.reference)

    def _created(self, reference: str) -> CreatedPayment:
        return CreatedPayment(f"bank-{reference}", f"https://bank.example/{reference}")

    def verify(self, callback: Callback) -> PaymentNotice:
        if callback.headers.get("x-bank-signature") != SIGNATURE["x-bank-signature"]:
            raise DomainError(FORGED_NOTICE)
        said = json.loads(callback.body or callback.query["notice"])
        return PaymentNotice(said["reference"], said["outcome"], said["cents"], "EUR", NOW)

    def refund(self, refund: RefundDue) -> str:
        if self.down:
            raise ProviderUnavailableError
        due = refund.payment
        self.write(due.reference, refunds=[refund.reference], refunded=due.cents)
        return self.refuses

    def find(self, due: AmountDue, provider_reference: str | None) -> FoundPayment | None:
        if self.down:
            raise ProviderUnavailableError
        known = self.book.get(due.reference)
        if known is None:
            return None
        outcome = known["outcome"]
        notice = outcome and PaymentNotice(due.reference, outcome, known["cents"], "EUR", NOW)
        return FoundPayment(self._created(due.reference), notice or None)


def opened(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """Make the bank known to the application."""
    monkeypatch.setitem(choice.PROVIDERS, "bank", ProviderFactory(lambda _: bank, lambda _: ()))
    return bank


def offering(app: Flask, monkeypatch: pytest.MonkeyPatch, *names: str, **changed: Any) -> Settings:
    """Let the application offer these providers; return its settings."""
    settings: Settings = replace(
        app.extensions[SETTINGS_KEY], payment_provider=",".join(names) or "none", **changed
    )
    monkeypatch.setitem(app.extensions, SETTINGS_KEY, settings)
    return settings
