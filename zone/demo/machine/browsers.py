"""Whether a browser can be driven, found out without importing its driver."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

WHOLE: Final = Path("/usr/bin/chromium")
HEADLESS: Final = Path("/usr/bin/chromium-headless-shell")
CHROMIUM: Final = HEADLESS if HEADLESS.exists() or not WHOLE.exists() else WHOLE
"""Debian's Chromium: without windows and the rest of a desktop, which takes a third less CPU for a
page, or else the whole one.
"""
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def lacking() -> list[str]:
    """Return what is missing to drive the real page."""
    absent = [name for name in ("playwright", "zxingcpp") if find_spec(name) is None]
    return absent if CHROMIUM.exists() else [*absent, str(CHROMIUM)]
