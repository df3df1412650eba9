"""A shop that offers Paytrail and Stripe."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.world.paying import PayingShop, paying


@pytest.fixture
def paying_shop(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as world:
        yield world
