"""The minutes that a space may have of its own, and the parts of a divided hall. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MINUTES: Final = (
    "step_minutes",
    "least_minutes",
    "most_minutes",
    "before_minutes",
    "after_minutes",
)
"""Columns of a space; where one is empty, the service's policy decides."""

MOST_PARTS: Final = 12
"""Into how many parts a hall can be divided when it is added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HallDivision:
    """How a hall is divided: into `count` parts of one size, each a space of its own.

    `name` is what they are called by language; their numbers are added to it. `capacity` is people
    in each.
    """

    count: int
    name: Mapping[str, str]
    capacity: int
    own_use: bool = False

    def codes(self, hall: str) -> list[str]:
        """Return the codes of the parts of a hall by its code, which are those of their spaces."""
        return [f"{hall}-{number}" for number in range(1, self.count + 1)]

    def names(self, number: int) -> tuple[str, str, str]:
        """Return the names of one part in fi, sv, en."""
        fi, sv, en = (f"{self.name[language]} {number}" for language in ("fi", "sv", "en"))
        return fi, sv, en
