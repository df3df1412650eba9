"""The pass in a browser that is started without a network, as the benchmark measures it."""

import pytest

from zone.bench import cold_pass
from zone.demo.machine import browsers


@pytest.mark.browser
def test_a_browser_that_starts_without_a_network_draws_the_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cold_pass, "ROUNDS", 1)
    [figure] = cold_pass.run()
    assert figure.p50 is not None
    assert 0 < figure.p50 < cold_pass.MILLIS


def test_without_a_browser_there_is_no_figure_and_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browsers, "lacking", lambda: ["playwright"])
    assert list(cold_pass.run()) == []
    assert capsys.readouterr().err == "cold-pass needs playwright\n"
