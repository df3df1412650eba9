"""The history of an order on its page, for its holder and for the desk."""

from flask.testing import FlaskClient

from tests.world.buying import buy
from tests.world.rendered_forms import text_of


def test_the_page_of_an_order_tells_what_has_happened(
    browser: FlaskClient, desk: FlaskClient
) -> None:
    address = buy(browser)
    own, at_desk = (text_of(one.get(f"{address}?lang=en").text) for one in (browser, desk))
    for page in (own, at_desk):
        history = page[page.index("History of the order") :]
        steps = ["Ordered", "Payment started: development", "Paid", "Pass given", "Receipt written"]
        places = [history.index(step) for step in steps]
        assert places == sorted(places)
