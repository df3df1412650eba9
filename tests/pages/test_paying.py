"""A buyer pays in a browser at the running fakes of Paytrail and Stripe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.world.pay_server import PayServer
from tests.world.paying import NAMES, write_keys
from tests.world.paytrail_server import ACCOUNT, PaytrailServer
from tests.world.served_app import PHONE, Site, serve
from tests.world.shop import passes
from tests.world.stripe_server import StripeServer
from zone.core.config import Settings
from zone.demo.example import SELLER

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engines("sqlite")]


@dataclass(frozen=True)
class Buying:
    """A buyer's page of a served shop, and the provider at which they pay."""

    site: Site
    server: PayServer
    page: Any
    name: str

    def to_the_bank(self) -> None:
        """Go from the review of a product to the provider's page."""
        self.page.goto("/buy/term?lang=en")
        self.page.locator(f"input[name=provider][value={self.name}]").check()
        self.page.locator(".pay-form button").click()
        self.page.wait_for_url(f"{self.server.url}/pay/*")

    def choose(self, outcome: str) -> str:
        """Choose an outcome there; return what the order's page says."""
        self.page.locator(f"button[value={outcome}]").click()
        self.page.wait_for_url(f"{self.site.url}/orders/*")
        return str(self.page.locator("main").inner_text())


@contextmanager
def buying(folder: Path, browser: Any, name: str) -> Iterator[Buying]:
    """Serve a shop that offers both providers, to a student who is signed in."""
    with PaytrailServer() as paytrail, StripeServer() as stripe:
        settings = Settings(
            data_dir=folder,
            payment_provider=",".join(NAMES),
            paytrail_account=ACCOUNT,
            paytrail_url=paytrail.url,
            stripe_url=stripe.url,
            pool_size=8,
            **SELLER,
        )
        write_keys(settings.keys)
        with serve(settings) as site:
            stripe.webhook = f"{site.url}/payments/stripe/callback"
            context = browser.new_context(base_url=site.url, viewport=PHONE)
            context.set_default_timeout(30_000)
            context.add_cookies([site.browser_cookie(site.student)])
            server = {"paytrail": paytrail, "stripe": stripe}[name]
            try:
                yield Buying(site, server, context.new_page(), name)
            finally:
                context.close()


@pytest.fixture(params=NAMES)
def buyer(
    tmp_path: Path, sqlite_template: Path, browser: Any, request: pytest.FixtureRequest
) -> Iterator[Buying]:
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with buying(tmp_path, browser, request.param) as found:
        yield found


def test_a_buyer_changes_their_mind_is_declined_waits_and_pays(buyer: Buying) -> None:
    before = passes(buyer.site.student)
    buyer.server.calls_back = False
    buyer.to_the_bank()
    said = buyer.choose("cancelled")
    assert "You have not been charged" in said
    buyer.page.locator("form[action$='/pay'] button[value=" + buyer.name + "]").click()
    buyer.page.wait_for_url(f"{buyer.server.url}/pay/*")
    assert "The payment was declined" in buyer.choose("declined")
    buyer.page.locator("form[action$='/pay'] button[value=" + buyer.name + "]").click()
    buyer.page.wait_for_url(f"{buyer.server.url}/pay/*")
    assert "Your bank is confirming the payment" in buyer.choose("pending")
    assert buyer.page.locator("form[action$='/pay']").count() == 0
    assert passes(buyer.site.student) == before
    # The window is closed by now: only the server calls.
    buyer.server.repeats = 2
    buyer.server.settle(buyer.server.newest, "paid")
    assert set(buyer.server.report(buyer.server.newest)) == {200}
    buyer.page.reload()
    assert "Paid. Your pass works" in buyer.page.locator("main").inner_text()
    assert passes(buyer.site.student) == before + 1


def test_a_double_tap_makes_one_payment(buyer: Buying) -> None:
    before = passes(buyer.site.student)
    buyer.server.delay = 0.5
    buyer.page.goto("/buy/term?lang=en")
    buyer.page.locator(f"input[name=provider][value={buyer.name}]").check()
    buyer.page.locator(".pay-form button").dblclick()
    buyer.page.wait_for_url(f"{buyer.server.url}/pay/*")
    buyer.server.delay = 0
    address = buyer.page.url
    assert "Paid. Your pass works" in buyer.choose("paid")
    buyer.page.goto(address)
    assert "Paid. Your pass works" in buyer.choose("paid"), "paid once more on the same page"
    assert passes(buyer.site.student) == before + 1
