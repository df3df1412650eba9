"""A buyer pays in a browser at the running fakes of Paytrail and Stripe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world.pay_server import PayServer
from tests.world.paying import NAMES, write_keys
from tests.world.paytrail_server import ACCOUNT, PaytrailServer
from tests.world.served_app import PHONE, Site, serve
from tests.world.shop import a_pass, a_product, a_student, passes
from tests.world.stripe_server import StripeServer
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.demo.example import SELLER
from zone.passes.passes import queries

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
        self.pay_for_it()
        self.page.wait_for_url(f"{self.server.url}/pay/*")

    def pay_for_it(self) -> None:
        """Choose the provider on the review of a product, and press the button that names it."""
        self.page.locator(f"input[name=provider][value={self.name}]").check()
        self.page.locator(".pay-form button").click()

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


def a_gym_pass() -> int:
    """Store a student with a gym pass of 30 days that can be extended, and upgraded to `month`."""
    member_id, now = a_student("kuntosali@zone.example"), utc_now()
    today = helsinki_date(now)
    with writing() as session:
        a_product(session, "month", "sports_pass", ("gym", "class", "court"), 30, student=4500)
    a_pass(member_id, "gym", starts_on=today, ends_on=today + timedelta(days=29), now=now)
    return member_id


@pytest.mark.parametrize(
    ("buyer", "wanted"), [("paytrail", "Extend"), ("stripe", "Upgrade to")], indirect=["buyer"]
)
def test_a_pass_is_extended_or_upgraded(buyer: Buying, wanted: str) -> None:
    member_id = a_gym_pass()
    buyer.page.context.add_cookies([buyer.site.browser_cookie(member_id)])
    buyer.page.goto("/buy?lang=en")
    buyer.page.locator("section.have").get_by_role("link", name=wanted).first.click()
    buyer.pay_for_it()
    buyer.page.wait_for_url(f"{buyer.server.url}/pay/*")
    assert "Paid. Your pass" in buyer.choose("paid")
    with reading() as session:
        views = queries.passes_of(session, member_id, utc_now())
    states = sorted((view.kind, view.state) for view in views)
    assert (
        states
        == {
            "Extend": [("gym_pass", "not_yet"), ("gym_pass", "valid")],
            "Upgrade to": [("gym_pass", "upgraded"), ("sports_pass", "valid")],
        }[wanted]
    )
