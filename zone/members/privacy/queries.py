"""The export of one's own data: the rows of every table that names the person.

Features declare their tables (`PersonalData`). Secrets (digests, hashes, keys) and internal ids are
left out. Of surveys there is only whether one has answered, and only until the survey closes: then
those rows are deleted.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, Row, select
from sqlalchemy.orm import Session

from zone.core.audit.queries import staff_actions_about
from zone.core.db.types import Base
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.personal_data import ABOUT, PersonalData
from zone.members.people.models import Member

SECRET: Final = frozenset({"hash", "digest", "key", "point", "kid"})
"""Columns that hold a secret or are derived from one."""


def export(
    session: Session, member_id: int, declared: Sequence[PersonalData], now: datetime
) -> dict[str, Any]:
    """Return every row of the declared tables about a member, JSON-ready.

    Raises:
        DomainError: not_found.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise DomainError(NOT_FOUND)
    names = ("public_id", "email", "name", "language", "more_time", "created_at")
    queries = {
        data.section: data.own_rows(member_id)
        for data in declared
        if data.section and data.own_rows
    }
    queries["staff_actions_about_me"] = staff_actions_about(member.public_id)
    sections = {
        name: [readable(row) for row in session.execute(query)] for name, query in queries.items()
    }
    person = {name: _plain(getattr(member, name)) for name in names}
    other_rows = dict(_other_rows(session, member_id, declared))
    return {"exported_at": now.isoformat(), "person": person, **sections, "other": other_rows}


def _other_rows(
    session: Session, member_id: int, declared: Sequence[PersonalData]
) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    for data in declared:
        table = Base.metadata.tables[data.table]
        columns = [column for column in table.columns if _is_exported(column)]
        # Tables without a query of their own: what a new feature declares is exported, not
        # forgotten.
        if columns and ABOUT in data.columns and data.own_rows is None and data.exported:
            rows = session.execute(select(*columns).where(table.c[ABOUT] == member_id))
            yield table.name, [readable(row) for row in rows]


def _is_exported(column: Column[Any]) -> bool:
    # Internal ids name other people's rows and mean nothing outside the database.
    is_number = column.primary_key or bool(column.foreign_keys)
    return not (is_number or isinstance(column.type, LargeBinary) or column.name in SECRET)


def readable(row: Row[Any]) -> dict[str, Any]:
    """Return a row as JSON: names of columns, instants and days as text."""
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value
