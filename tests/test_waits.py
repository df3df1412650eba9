"""Tests in the browser wait for what they say they wait for."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
WAIT = r"wait_for_function\(\s*[frb]*[\"']+\s*"
ASYNC_WAIT = re.compile(WAIT + "async")
FUNCTION = r"(\(\w*\)|\w+) =>"
BARE_WAIT = re.compile(WAIT + rf"(?!{FUNCTION}|async)[^\s\"']")


def found(fault: re.Pattern[str]) -> list[str]:
    """Return the files of tests that a fault is written in."""
    return [
        str(path.relative_to(TESTS))
        for path in sorted(TESTS.rglob("*.py"))
        if fault.search(path.read_text())
    ]


def test_no_test_waits_for_a_promise_which_is_true_before_it_is_kept() -> None:
    """Playwright's `wait_for_function` does not wait for a promise: a loop in `evaluate` does."""
    assert found(ASYNC_WAIT) == []


def test_what_a_test_waits_for_is_a_function() -> None:
    """Playwright evaluates a bare expression again as text, which the pages' policy forbids.

    Such a wait fails only where its first look came too early: on a machine with much to do.
    """
    assert found(BARE_WAIT) == []
