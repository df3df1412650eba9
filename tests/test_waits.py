"""Tests in the browser wait for what they say they wait for."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
ASYNC_WAIT = re.compile(r"wait_for_function\(\s*[frb]*[\"']+\s*async")


def test_no_test_waits_for_a_promise_which_is_true_before_it_is_kept() -> None:
    """Playwright's `wait_for_function` does not wait for a promise: a loop in `evaluate` does."""
    found = [
        str(path.relative_to(TESTS))
        for path in sorted(TESTS.rglob("*.py"))
        if ASYNC_WAIT.search(path.read_text())
    ]
    assert found == []
