"""The people of a session that is changed, as a page shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEW: Final = 8
"""Up to so many people are shown without a tap that opens the list."""


@dataclass(frozen=True, slots=True)
class PeopleOfSession:
    """The people of one session: what happens to it, and one line for each outcome."""

    title: str
    lines: Sequence[str]
    count: int

    @property
    def few(self) -> bool:
        """Whether all of them are shown at once."""
        return self.count <= FEW
