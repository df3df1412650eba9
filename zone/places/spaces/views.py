"""What the managers' pages of spaces show. Pure.

A space is a mapping as `queries.space_values` returns it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SpaceValues = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CampusSpaces:
    """A campus with its spaces. `can_combine`: some of its parts can be one space more."""

    code: str
    name: str
    spaces: Sequence[SpaceValues]

    @property
    def can_combine(self) -> bool:
        return len({part for space in self.spaces for part in space["parts"]}) > 1


def by_campus(
    campuses: Iterable[tuple[str, str]], spaces: Iterable[SpaceValues]
) -> list[CampusSpaces]:
    """Return the campuses, of (code, name), with the spaces of each in the order of `spaces`."""
    found: dict[str, list[SpaceValues]] = {}
    for space in spaces:
        found.setdefault(space["campus"], []).append(space)
    return [CampusSpaces(code, name, found.get(code, [])) for code, name in campuses]


def sharing(space: SpaceValues, others: Iterable[SpaceValues]) -> list[SpaceValues]:
    """Return the other spaces of the campus that cannot be used while this one is."""
    parts = set(space["parts"])
    return [other for other in others if other["id"] != space["id"] and parts & set(other["parts"])]


def named_parts(
    parts: Iterable[str], spaces: Iterable[SpaceValues], language: str
) -> dict[str, str]:
    """Return what each part is called: as the space that it is alone, with its code, or by that."""
    names = {space["parts"][0]: space for space in spaces if len(space["parts"]) == 1}
    return {
        part: f"{names[part]['name'][language]} ({part})" if part in names else part
        for part in parts
    }
