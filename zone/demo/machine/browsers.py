"""Whether a browser can be driven, found out without importing its driver."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

CHROMIUM: Final = Path("/usr/bin/chromium")
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
