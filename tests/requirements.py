"""What some tests need beside Python: a browser, or a program of the system.

`@pytest.mark.browser` and `@pytest.mark.system("nginx")` name it. Where it is missing the test is
skipped with a hint what to install. ZONE_REQUIRE=browser,system turns those skips into failures.
ZONE_LEAVE_OUT=browser,system skips them where they could run, for who runs them apart.
"""

import os
import shutil
from importlib.util import find_spec
from typing import Final, NoReturn

import pytest

from zone.demo.machine import browsers

REQUIRE: Final = "ZONE_REQUIRE"
LEAVE_OUT: Final = "ZONE_LEAVE_OUT"
KINDS: Final = frozenset({"browser", "system"})
PACKAGES: Final = {
    "chromium": "chromium",
    "mkfs.ext4": "e2fsprogs",
    "mount": "mount",
    "nginx": "nginx-light",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "umount": "mount",
    "unshare": "util-linux",
}
"""Debian's package of each program that tests use."""
ADMINISTRATORS: Final = "/usr/sbin"
"""Debian's folder of nginx, which is not on every PATH."""


def named_in(variable: str) -> frozenset[str]:
    """Return the kinds that a variable of the environment names.

    Raises:
        UsageError: it names something else.
    """
    named = frozenset(filter(None, os.environ.get(variable, "").split(",")))
    if unknown := named - KINDS:
        raise pytest.UsageError(
            f"{variable} takes {', '.join(sorted(KINDS))}; not {', '.join(sorted(unknown))}"
        )
    return named


def check(item: pytest.Item) -> None:
    """Skip a test whose requirements are missing; fail it where ZONE_REQUIRE names them."""
    for kind in sorted(named_in(LEAVE_OUT)):
        if item.get_closest_marker(kind):
            if f"mark.{kind}" not in item.path.read_text("utf-8"):
                pytest.fail(f"name pytest.mark.{kind} in this file: .ci/run looks for it there")
            pytest.skip(f"{LEAVE_OUT} names {kind}: run apart")
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
        + (
            f"apt install {browsers.CHROMIUM.name}"
            if name == chromium
            else "pip install -e '.[browser]'"
        )
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
    if kind in named_in(REQUIRE):
        pytest.fail(reason)
    pytest.skip(reason)
