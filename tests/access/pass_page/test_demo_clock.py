"""A demo of another day does not tell each phone that its clock is off."""

from dataclasses import replace

import pytest
from flask import Flask

from tests.world.people import a_person
from zone.access.pass_page import pages
from zone.core.config import Settings

pytestmark = pytest.mark.engines("sqlite")


@pytest.mark.parametrize(("shift", "says"), [(0, True), (183_655, False)])
def test_a_phone_is_told_that_its_clock_is_off_unless_that_of_the_demo_is(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, shift: int, says: bool
) -> None:
    shifted = replace(settings, demo=True, demo_clock_shift=shift)
    monkeypatch.setattr(pages, "current_settings", lambda: shifted)
    assert ('data-flag="clock_corrected"' in a_person(app).get("/pass").text) is says
