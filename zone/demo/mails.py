"""The demo's own mail receiver on loopback: what arrives is a file, which a page of the demo shows.

Not the outbox: that erases a sign-in code when it is sent.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from zone.demo.machine.processes import free_port
from zone.operation.demo_mails.views import FOLDER

__all__ = ["FOLDER", "receiver"]

MOST: Final = 500
"""Mails that are kept; of more the oldest go."""


class Postbox:
    """Stores each mail as a file of its own. Its method has the name by which aiosmtpd calls it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- see above
        """Store a mail under a name that sorts by the time of its arrival."""
        keep(self._folder / f"{time.time_ns()}.eml", envelope.content)
        for old in sorted(self._folder.glob("*.eml"))[:-MOST]:
            old.unlink(missing_ok=True)
        return "250 stored"


def keep(path: Path, content: bytes) -> None:
    """Write a mail so that whoever reads the folder finds all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)


@contextmanager
def receiver(folder: Path) -> Iterator[str]:
    """Receive mails into a folder; yield the server's URL, or "" without the extra `demo`."""
    if find_spec("aiosmtpd") is None:
        yield ""
        return
    from aiosmtpd.controller import Controller  # noqa: PLC0415 -- an extra, which only the demo needs

    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    controller = Controller(Postbox(folder), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
