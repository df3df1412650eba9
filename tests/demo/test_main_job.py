"""The main job on real processes, from buying a pass to the figures against the targets."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from zone.demo import scenario, supervisor
from zone.demo.machine.processes import script
from zone.demo.students import ScreenlessStudent
from zone.demo.supervisor import Installation

pytestmark = [pytest.mark.slow, pytest.mark.own_database]
STEPS = [
    "a student signs in",
    "buys a pass",
    "puts it on the phone",
    "books a class",
    "holds the code to the reader",
    "a photograph of the code",
    "appears in the class's attendance",
    "counts in the figures",
]


@pytest.fixture
def running(engine_name: str, database_url: str, tmp_path: Path) -> Iterator[Installation]:
    url = "" if engine_name == "sqlite" else database_url
    with supervisor.opened(tmp_path / "demo", database_url=url) as opened:
        yield opened


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_a_student_buys_books_walks_in_and_is_counted(running: Installation) -> None:
    played = scenario.play(running, ScreenlessStudent(running.url), lambda *_: None)
    assert list(played.seconds) == STEPS


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
def test_a_door_that_reports_nothing_fails_the_scenario(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(
        (
            {
                "granted": True,
                "struck": True,
                "light": "green",
                "strike": {"ms": 1000},
                "words": {"en": ""},
            },
            {"granted": False, "struck": False, "light": "red", "reason": "replayed"},
        )
    )
    monkeypatch.setattr(scenario, "SETTLE_SECONDS", 0.5)
    monkeypatch.setattr(Installation, "hold_to_reader", lambda *_: next(told))
    with pytest.raises(scenario.StepError, match="not present"):
        scenario.play(running, ScreenlessStudent(running.url), lambda *_: None)


@pytest.mark.browser
def test_the_script_plays_it_in_the_real_page_and_exits_0(tmp_path: Path) -> None:
    told = _script("--data", str(tmp_path / "demo"), "--port", "0")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "(Chromium)" in told.stdout
    assert told.stdout.count("  ok  ") == len(STEPS)


def test_the_script_says_why_and_exits_1_when_something_fails(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = _script("--data", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1]))
    assert told.returncode == 1
    assert "FAILED: web" in told.stdout


def _script(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [script("zone"), "demo", "--script", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
