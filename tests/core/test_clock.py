"""The clock of the server, and that of a demo which plays on another day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click import BadParameter

from zone.app import create_app
from zone.cli.trying import WallClock
from zone.core import clock
from zone.core.config import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def unshifted() -> Iterator[None]:
    yield
    clock.shift(timedelta())


def test_the_whole_process_of_a_shifted_demo_lives_then(tmp_path: Path) -> None:
    create_app(Settings(data_dir=tmp_path, demo=True, demo_clock_shift=-86_400))
    assert abs(clock.real_now() - clock.utc_now() - timedelta(days=1)) < timedelta(seconds=1)
    create_app(Settings(data_dir=tmp_path))
    assert abs(clock.real_now() - clock.utc_now()) < timedelta(seconds=1)


def test_a_service_that_is_no_demo_lives_now() -> None:
    with pytest.raises(SettingsError, match="ZONE_DEMO_CLOCK_SHIFT needs ZONE_DEMO"):
        load_settings({"ZONE_DEMO_CLOCK_SHIFT": "60"})


def test_the_time_of_a_demo_is_one_of_the_wall_clock_in_helsinki() -> None:
    def read(text: str) -> datetime:
        return WallClock().convert(text, None, None)

    assert read("2027-03-25T17:30") == datetime(2027, 3, 25, 15, 30, tzinfo=UTC)
    assert read("2026-10-25T03:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first one"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2027-03-28T03:30", id="skipped"),
        "2027-03-25",
        "2027-02-30T12:00",
        "2027-03-25T24:30",
        "2027-W12-4T17:30",
        "2027-03-25T17:30+02:00",
        "1999-03-25T17:30",
        "now",
        "",
    ],
)
def test_what_is_no_such_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadParameter, match="2027-03-25T17:30"):
        WallClock().convert(text, None, None)
