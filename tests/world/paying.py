"""A shop that offers Paytrail and Stripe, which are running fakes on loopback, and its buyers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world.bank import offering
from tests.world.buying import pay_button
from tests.world.development_book import DevelopmentBook
from tests.world.pay_server import Asked, PayServer
from tests.world.paytrail_server import ACCOUNT, PaytrailServer
from tests.world.paytrail_server import SECRET as PAYTRAIL_SECRET
from tests.world.rendered_forms import forms_of
from tests.world.stripe_server import KEY, WEBHOOK_SECRET, StripeServer
from zone.core.config import Settings
from zone.passes.payments.providers import development, paytrail, stripe

NAMES = ("paytrail", "stripe")
EVERY_NAME = (*NAMES, development.NAME)


@dataclass(frozen=True)
class PayingShop:
    """A shop with both providers, and the one of development where it is named."""

    app: Flask
    settings: Settings
    paytrail: PaytrailServer
    stripe: StripeServer
    development: DevelopmentBook

    def server(self, name: str) -> PayServer:
        return {"paytrail": self.paytrail, "stripe": self.stripe}[name]

    def book(self, name: str) -> PayServer | DevelopmentBook:
        """Return what knows the payments of a provider."""
        return self.development if name == development.NAME else self.server(name)

    def order(self, browser: FlaskClient, provider: str, product: str = "term") -> str:
        """Order a product; return the id of its payment at the provider."""
        form, *_others = forms_of(browser, f"/buy/{product}")
        answer = form.submit(browser, pay_button(form), provider=provider)
        assert answer.status_code == 303
        book = self.book(provider)
        assert answer.location.partition("?")[0] == book.page_of(book.newest)
        return book.newest

    def deliver(self, asked: Asked, client: FlaskClient | None = None) -> TestResponse:
        """Let a callback arrive as it was sent."""
        path = urlsplit(asked.path)
        return (client or self.app.test_client()).open(
            f"{path.path}?{path.query}",
            method=asked.method,
            data=asked.body,
            headers=dict(asked.headers),
        )

    def report(self, name: str, identity: str, outcome: str) -> list[TestResponse]:
        """Let a provider record an outcome and report it."""
        self.server(name).settle(identity, outcome)
        return [self.deliver(one) for one in self.server(name).callbacks(identity)]


def write_keys(folder: Path) -> None:
    """Write the keys of both providers, as an operator does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / paytrail.KEY_FILE).write_bytes(PAYTRAIL_SECRET + b"\n")
    (folder / stripe.KEY_FILE).write_bytes(KEY + b"\n")
    (folder / stripe.WEBHOOK_FILE).write_bytes(WEBHOOK_SECRET + b"\n")


@contextmanager
def paying(app: Flask, monkeypatch: pytest.MonkeyPatch, *names: str) -> Iterator[PayingShop]:
    """Let an application offer both providers, or these."""
    with PaytrailServer() as first, StripeServer() as second:
        settings = offering(
            app,
            monkeypatch,
            *(names or NAMES),
            paytrail_account=ACCOUNT,
            paytrail_url=first.url,
            stripe_url=second.url,
        )
        second.webhook = f"{settings.base_url}/payments/stripe/callback"
        write_keys(settings.keys)
        yield PayingShop(app, settings, first, second, DevelopmentBook(settings))
