"""Queries for recorded staff actions."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Uuid,
    column,
    func,
    select,
    table,
)
from sqlalchemy.orm import Session

from zone.core.audit.models import AuditRow
from zone.core.audit.rules import Look
from zone.core.errors import NOT_FOUND, DomainError

PAGE: Final = 50
# Declared here because core must not import the people feature.
MEMBER: Final = table(
    "member", column("id", BigInteger), column("public_id", Uuid), column("name", String)
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The rows to select: by object, actor, action and time [since, until); None means any."""

    object_kind: str | None = None
    object_id: str | None = None
    actor: uuid.UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditView:
    """A staff action. `actor` is None for a command of the operator."""

    id: uuid.UUID
    at: datetime
    actor: uuid.UUID | None
    actor_name: str | None
    action: str
    object_kind: str
    object_id: str
    before: str | None
    after: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of rows. `next` is the `after` of the next page; None on the last page."""

    rows: Sequence[AuditView]
    next: uuid.UUID | None


def audit_page(
    session: Session, criteria: AuditFilter, *, after: uuid.UUID | None = None, most: int = PAGE
) -> AuditPage:
    """One page of the selected rows, the newest first; `after` is the last row of the page before.

    Raises:
        DomainError: not_found: there is no row `after`.
    """
    # One row more than the page shows whether there is a next page.
    query = (
        select(
            AuditRow.public_id,
            AuditRow.occurred_at,
            MEMBER.c.public_id,
            MEMBER.c.name,
            AuditRow.action,
            AuditRow.object_kind,
            AuditRow.object_id,
            AuditRow.before,
            AuditRow.after,
            AuditRow.reason,
        )
        .select_from(AuditRow)
        .outerjoin(MEMBER, MEMBER.c.id == AuditRow.actor_id)
        .where(*_conditions(criteria))
        .order_by(AuditRow.id.desc())
        .limit(most + 1)
    )
    if after is not None:
        query = query.where(AuditRow.id < _row_id(session, after))
    rows = [AuditView(*row) for row in session.execute(query)]
    return AuditPage(rows[:most], rows[most - 1].id if len(rows) > most else None)


def _conditions(criteria: AuditFilter) -> list[ColumnElement[bool]]:
    same = {
        AuditRow.object_kind: criteria.object_kind,
        AuditRow.object_id: criteria.object_id,
        AuditRow.action: criteria.action,
        MEMBER.c.public_id: criteria.actor,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in same.items() if value is not None
    ]
    if criteria.since is not None:
        conditions.append(AuditRow.occurred_at >= criteria.since)
    if criteria.until is not None:
        conditions.append(AuditRow.occurred_at < criteria.until)
    return conditions


def _row_id(session: Session, public_id: uuid.UUID) -> int:
    row_id = session.scalar(select(AuditRow.id).where(AuditRow.public_id == public_id))
    if row_id is None:
        raise DomainError(NOT_FOUND)
    return row_id


def unrecorded(
    session: Session, actor_id: int, looks: Sequence[Look], since: datetime
) -> list[Look]:
    """Return those looks of an actor, different in their objects alone, that have no row since a
    time.
    """
    # The live doors ask every few seconds. Without the bound by id SQLite goes through every row of
    # the same object, of which a year has tens of thousands.
    older = select(AuditRow.id).where(AuditRow.occurred_at <= since)
    newest_older = older.order_by(AuditRow.occurred_at.desc()).limit(1).scalar_subquery()
    (first, *_) = looks
    recorded = set(
        session.scalars(
            select(AuditRow.object_id).where(
                AuditRow.id > func.coalesce(newest_older, 0),
                AuditRow.object_kind == first.object_kind,
                AuditRow.object_id.in_([look.object_id for look in looks]),
                AuditRow.occurred_at > since,
                AuditRow.actor_id == actor_id,
                AuditRow.action == first.action,
                AuditRow.after.is_not_distinct_from(first.detail),
            )
        )
    )
    return [look for look in looks if look.object_id not in recorded]


def staff_actions_about(member: uuid.UUID) -> Select[*tuple[Any, ...]]:
    """The query for staff actions on a member, for the export of the member's own data."""
    # Of every kind: a look into the audit of a member has their id, too.
    return select(AuditRow.action, AuditRow.occurred_at, AuditRow.reason).where(
        AuditRow.object_id == str(member)
    )


def latest_actions(
    session: Session, actions: Collection[str], object_ids: Collection[str], since: datetime
) -> dict[str, datetime]:
    """Return when one of these actions was last done to each of these objects since a time.

    An action is named after the kind of its object: `door.change`.
    """
    kinds = {action.partition(".")[0] for action in actions}
    rows = session.execute(
        select(AuditRow.object_id, func.max(AuditRow.occurred_at).label("at"))
        .where(
            # The kind, too: the index of objects begins with it.
            AuditRow.object_kind.in_(kinds),
            AuditRow.action.in_(actions),
            AuditRow.object_id.in_(object_ids),
            AuditRow.occurred_at >= since,
        )
        .group_by(AuditRow.object_id)
    )
    return {row.object_id: row.at for row in rows}
