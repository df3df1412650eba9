"""What features declare about the people in their tables, for the export of one's own data and for its test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select

# Selects the rows of a member (by id) under names that a person can read.
OwnRows = Callable[[int], Select[*tuple[Any, ...]]]

# The column by which a row is about somebody. Rows that staff wrote about others name them in other
# columns.
ABOUT: Final = "member_id"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A table with its columns that name a person or point to one.

    A table with ABOUT among its columns is exported: as the section of that name where `own_rows` selects it, else
    column by column. `exported=False`: it holds nothing but secrets.
    """

    table: str
    columns: tuple[str, ...]
    section: str | None = None
    own_rows: OwnRows | None = None
    exported: bool = True
