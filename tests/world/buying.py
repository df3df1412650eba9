"""Browsers that buy: the steps from the review of a product to its paid order."""

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world.rendered_forms import RenderedForm, forms_of
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.members.sign_in_sessions import service as sign_in_sessions


def signed_in(app: Flask, member_id: int) -> FlaskClient:
    """A browser with the session of a person, that asks for pages and comes from our own."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    client = app.test_client()
    client.set_cookie("zone", token)
    client.environ_base |= {"HTTP_ACCEPT": "text/html", "HTTP_SEC_FETCH_SITE": "same-origin"}
    return client


def key_in(page: TestResponse) -> str:
    """The key of the first form on a page."""
    match = re.search(r'name="key" value="([^"]+)"', page.text)
    assert match
    return match[1]


def to_pay(form: RenderedForm) -> str:
    """The text of the button that leads to the payment: it names the sum."""
    (button,) = form.buttons
    return button


def tapped(browser: FlaskClient, product: str = "term", key: str | None = None) -> str:
    """The address of the payment page after an order."""
    (form,) = forms_of(browser, f"/buy/{product}")
    answer = form.submit(browser, to_pay(form), **({"key": key} if key else {}))
    assert answer.status_code == 303
    return answer.location


def chosen(browser: FlaskClient, payment_page: str, outcome: str = "paid") -> str:
    """The address of the signed callback after a choice on the payment page."""
    answer = browser.post(payment_page, data={"outcome": outcome})
    assert answer.status_code == 303
    return answer.location


def paid(browser: FlaskClient, product: str = "term") -> str:
    """The address of the order's page, paid."""
    return browser.get(chosen(browser, tapped(browser, product))).location
