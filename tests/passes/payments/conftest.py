"""A shop that offers Paytrail and Stripe, and one that offers the development provider too."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.world.paying import EVERY_NAME, PayingShop, paying


@pytest.fixture
def paying_shop(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as world:
        yield world


@pytest.fixture
def every_provider(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch, *EVERY_NAME) as world:
        yield world
