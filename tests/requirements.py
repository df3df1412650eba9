"""What some tests need beside Python: a browser, or a program of the system.

`@pytest.mark.browser` and `@pytest.mark.system("nginx")` name it. Where it is not there the test is
skipped, and says what would bring it. ZONE_REQUIRE=browser,system turns those skips into failures.
"""

import os
import shutil
from importlib.util import find_spec
from typing import Final, NoReturn

import pytest

from zone.demo.machine import browsers

VARIABLE: Final = "ZONE_REQUIRE"
KINDS: Final = frozenset({"browser", "system"})
PACKAGES: Final = {
    "mount": "mount",
    "nginx": "nginx-light",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "unshare": "util-linux",
}
"""Debian's package of each program that tests use."""
ADMINISTRATORS: Final = "/usr/sbin"
"""Where Debian has nginx; not on the PATH of everybody."""


def required() -> frozenset[str]:
    """The kinds that must be there.

    Raises:
        UsageError: the variable names something else.
    """
    named = frozenset(filter(None, os.environ.get(VARIABLE, "").split(",")))
    if unknown := named - KINDS:
        raise pytest.UsageError(
            f"{VARIABLE} takes {', '.join(sorted(KINDS))}; not {', '.join(sorted(unknown))}"
        )
    return named


def check(item: pytest.Item) -> None:
    """Skip a test whose requirements are not there; fail it where they are required."""
    if item.get_closest_marker("browser"):
        _stop_if("browser", _without_browser())
    for marker in item.iter_markers("system"):
        _stop_if("system", _without(marker.args))


def find_programs_of_administrators() -> None:
    """Let `nginx` be found by its name."""
    if ADMINISTRATORS not in os.environ.get("PATH", "").split(":"):
        os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{ADMINISTRATORS}"


def _without_browser() -> list[str]:
    absent = browsers.lacking()
    if find_spec("axe_playwright_python") is None:
        absent.append("axe_playwright_python")
    chromium = str(browsers.CHROMIUM)
    return [
        f"needs {name}: "
        + ("apt install chromium" if name == chromium else "pip install -e '.[browser]'")
        for name in absent
    ]


def _without(programs: tuple[str, ...]) -> list[str]:
    return [
        f"needs {name}: apt install {PACKAGES[name]}"
        for name in programs
        if shutil.which(name) is None
    ]


def _stop_if(kind: str, absent: list[str]) -> None:
    if absent:
        stop(kind, "; ".join(absent))


def stop(kind: str, reason: str) -> NoReturn:
    """End the test that runs: it cannot run here."""
    if kind in required():
        pytest.fail(reason)
    pytest.skip(reason)
