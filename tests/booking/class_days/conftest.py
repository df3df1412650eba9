"""Weekly classes of the coming weeks: no public holiday falls on their days by chance."""

import pytest

from tests.world.holidays import set_holidays


@pytest.fixture(autouse=True)
def no_holidays(monkeypatch: pytest.MonkeyPatch) -> None:
    set_holidays(monkeypatch, {})
