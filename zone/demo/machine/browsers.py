"""Whether a browser is at hand, without importing what drives it."""

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
    """What is missing to drive the real page; empty where nothing is."""
    absent = [name for name in ("playwright", "zxingcpp") if find_spec(name) is None]
    return absent if CHROMIUM.exists() else [*absent, str(CHROMIUM)]
