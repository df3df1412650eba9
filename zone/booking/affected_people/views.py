"""The people of a session that is changed, as a page shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEW: Final = 8
"""So many people are shown without opening the list."""


@dataclass(frozen=True, slots=True)
class PeopleOfSession:
    """The people of one session: what happens to it, and one line for each fate."""

    title: str
    lines: Sequence[str]
    count: int

    @property
    def few(self) -> bool:
        """Whether all of them are shown at once."""
        return self.count <= FEW
