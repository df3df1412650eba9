"""The log of the service, read as an operator's machine reads it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zone.web import logs


class Log:
    """The lines that were written inside a block."""

    def __init__(self) -> None:
        self.out = io.StringIO()

    @property
    def text(self) -> str:
        return self.out.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@contextmanager
def log(log_format: str = "json") -> Iterator[Log]:
    """Yield what this process logs, from INFO on, as `zone serve` writes it."""
    recorded, root = Log(), logging.getLogger()
    handler = logging.StreamHandler(recorded.out)
    handler.setFormatter(logs.formatter(log_format))
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield recorded
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
