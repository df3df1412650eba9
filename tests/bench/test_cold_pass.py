"""The pass in a browser that is started without a network, as the benchmark measures it."""

import json
import subprocess
import sys

import pytest

from zone.bench import cold_pass
from zone.demo.machine import browsers

ONE_ROUND = """
from zone.bench import cold_pass
cold_pass.ROUNDS = 1
[figure] = cold_pass.run()
print(figure.as_json())
"""


@pytest.mark.thorough
@pytest.mark.browser
def test_a_browser_that_starts_without_a_network_draws_the_code() -> None:
    # In a process of its own: the tests' browser is driven from this one, and one driver refuses
    # another.
    done = subprocess.run(
        [sys.executable, "-c", ONE_ROUND], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    figure = json.loads(done.stdout)
    assert 0 < figure["p50"] < cold_pass.MILLIS


def test_without_a_browser_there_is_no_figure_and_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browsers, "lacking", lambda: ["playwright"])
    assert list(cold_pass.run()) == []
    assert capsys.readouterr().err == "cold-pass needs playwright\n"
