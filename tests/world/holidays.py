"""The public holidays that a test wants, whatever day it runs on."""

from collections.abc import Mapping
from datetime import date

import pytest

from zone.places.holidays import rules
from zone.places.holidays.rules import Holiday


def set_holidays(monkeypatch: pytest.MonkeyPatch, days: Mapping[date, str]) -> None:
    """Let these days be the only public holidays, with that name in each language."""
    found = {
        day: Holiday(day, dict.fromkeys(("fi", "sv", "en"), name), is_eve=False)
        for day, name in days.items()
    }
    monkeypatch.setattr(
        rules, "holidays_of", lambda year: [found[day] for day in sorted(found) if day.year == year]
    )
