"""Browsers that buy: the steps from the review of a product to its paid order."""

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world.people import signed_in
from tests.world.rendered_forms import RenderedForm, forms_of


def page_browser(app: Flask, member_id: int) -> FlaskClient:
    """Return the browser of a person who is signed in: it asks for pages, from our own site."""
    client = signed_in(app, member_id)
    client.environ_base |= {"HTTP_ACCEPT": "text/html", "HTTP_SEC_FETCH_SITE": "same-origin"}
    return client


def form_key(page: TestResponse) -> str:
    """Return the idempotency key of the first form on a page."""
    match = re.search(r'name="key" value="([^"]+)"', page.text)
    assert match
    return match[1]


def pay_button(form: RenderedForm) -> str:
    """Return the text of the only button of an order's form: it names the sum."""
    (button,) = form.buttons
    return button


def place_order(browser: FlaskClient, product: str = "term", key: str | None = None) -> str:
    """Order a product; return the address of the payment page."""
    form, *_others = forms_of(browser, f"/buy/{product}")
    answer = form.submit(browser, pay_button(form), **({"key": key} if key else {}))
    assert answer.status_code == 303
    return answer.location


def choose_outcome(browser: FlaskClient, payment_page: str, outcome: str = "paid") -> str:
    """Choose an outcome on the payment page; return the address of the signed callback."""
    answer = browser.post(payment_page, data={"outcome": outcome})
    assert answer.status_code == 303
    return answer.location


def buy(browser: FlaskClient, product: str = "term") -> str:
    """Order a product and pay for it; return the address of the order's page."""
    return browser.get(choose_outcome(browser, place_order(browser, product))).location
