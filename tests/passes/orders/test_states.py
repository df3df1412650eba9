"""What the page of an order says in each of its states."""

import pytest
from flask import Flask

from tests.world.rendered_forms import text_of
from zone.passes.orders.states import STATES

pytestmark = pytest.mark.engines("sqlite")


def test_an_order_that_is_out_of_date_says_so_and_leads_to_the_prices(app: Flask) -> None:
    """It said that the payment was declined, and led nowhere."""
    [state] = [one for one in STATES if (one.screen, one.name) == ("buying", "outdated")]
    with app.test_request_context(f"{state.path}?lang=en"):
        page = state.page()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "This order is out of date" in text_of(main)
    assert "The payment was declined" not in text_of(main)
    assert 'class="btn primary" href="/buy"' in main
