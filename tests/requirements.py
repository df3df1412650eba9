"""What some tests need beside Python: a browser, or a program of the system.

`@pytest.mark.browser` and `@pytest.mark.system("nginx")` name it. Where it is missing the test is
skipped with a hint what to install. ZONE_REQUIRE=browser,system turns those skips into failures.
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
"""Debian's folder of nginx, which is not on every PATH."""


def required() -> frozenset[str]:
    """Return the kinds that must be present.

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
    """Skip a test whose requirements are missing; fail it where ZONE_REQUIRE names them."""
    if item.get_closest_marker("browser"):
        _stop_if("browser", _without_browser())
    for marker in item.iter_markers("system"):
        _stop_if("system", _without(marker.args))


def find_programs_of_administrators() -> None:
    """Add the administrators' folder to the PATH, so that `nginx` is found."""
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
    """End the current test, which cannot run here: skip it, or fail it where it is required."""
    if kind in required():
        pytest.fail(reason)
    pytest.skip(reason)
