"""Which institutions belong to which customer group on a day. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class GroupOfInstitution:
    """The customer group of an institution from a day on; no `group`: the general price."""

    institution: str
    name: str
    group: str | None
    valid_from: date


def members_on(rows: Iterable[GroupOfInstitution], day: date) -> dict[str, list[str]]:
    """Return the names of the institutions of each group on a day, in the order of `rows`.

    `rows` are by institution, the oldest first.
    """
    newest = {row.institution: row for row in rows if row.valid_from <= day}
    members: dict[str, list[str]] = {}
    for row in newest.values():
        if row.group is not None:
            members.setdefault(row.group, []).append(row.name)
    return members


def present_rows(rows: Sequence[GroupOfInstitution], day: date) -> list[GroupOfInstitution]:
    """Return the rows that hold on a day or later, in the order of `rows`."""
    newest = {row.institution: row for row in rows if row.valid_from <= day}
    return [row for row in rows if row.valid_from > day or newest[row.institution] is row]
