"""Looks at people: what is recorded of one, and how often. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LOOK_PERIOD: Final = timedelta(minutes=15)
"""In this time a repeated look leaves no second row. The live doors of the desk load every few
seconds: with a row for each load nobody would find the looks that matter."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look of staff: the audit's action and object, and what was asked for.

    `object_id` is empty for a list of the whole service.
    """

    action: str
    object_kind: str
    object_id: str = ""
    detail: str | None = None
