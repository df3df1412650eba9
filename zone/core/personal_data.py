"""Declarations of personal data in a feature's tables, for the export of a person's own data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select

# Member id → SELECT of that member's rows, with readable column names.
OwnRows = Callable[[int], Select[*tuple[Any, ...]]]

# The column for the member whose data a row is. Staff who wrote a row are in other columns.
ABOUT: Final = "member_id"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows name their person: `kept` says it for the guide, and `job` ends it."""

    kept: str
    job: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A table, and its columns that name a person or point to one.

    A table with ABOUT among its columns is exported: as `section`, selected by `own_rows`, if
    given, else column by column. `exported=False`: the table holds only secrets.

    Each table has a `retention`, or a `reason` for which it names its person for as long as the
    row is there.
    """

    table: str
    columns: tuple[str, ...]
    section: str | None = None
    own_rows: OwnRows | None = None
    exported: bool = True
    retention: Retention | None = None
    reason: str = ""
