"""Add and change campuses. Never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.versions import refuse_stale
from zone.places.campuses import errors  # noqa: F401 -- declares what the constraints mean
from zone.places.campuses.models import Campus


def add_campus(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: str,
    now: datetime,
    **address: str | float | None,
) -> Campus:
    """Create a campus with its address, where it is known, and audit it. The code stays.

    Raises:
        DomainError: forbidden; campus_exists, address_incomplete and position_incomplete, when the
            row is written.
    """
    actor.require(Permission.TIMETABLE_WRITE)
    campus = create_campus(session, code=code, name=name, **address)
    _audit(session, actor, "campus.create", code, now, after={"name": name, **address})
    return campus


def create_campus(
    session: Session, *, code: str, name: str, **address: str | float | None
) -> Campus:
    """Create a campus without an audit row."""
    campus = Campus(code=code, name=name, **address)
    session.add(campus)
    session.flush()
    return campus


def ensure_campus(session: Session, *, code: str, name: str, **address: str | float | None) -> None:
    """Create a campus unless there is one with that code, and ensure its address where given."""
    campus = session.scalar(select(Campus).where(Campus.code == code))
    if campus is None:
        campus = create_campus(session, code=code, name=name)
    ensure_address(session, campus, **address)


def ensure_address(session: Session, campus: Campus, **address: str | float | None) -> None:
    """Give a campus an address unless it has one: what a manager has typed stays."""
    if campus.street is None and campus.latitude is None:
        for column, value in address.items():
            setattr(campus, column, value)
        session.flush()


def change_campus(
    session: Session,
    actor: Actor,
    code: str,
    *,
    version: int,
    changes: Mapping[str, str | float | None],
    now: datetime,
) -> Campus:
    """Set the name or columns of the address of a campus, unless it was changed since `version`,
    and audit it.

    Values that it has already write nothing and are no conflict.

    Raises:
        DomainError: forbidden, not_found, edited_meanwhile; address_incomplete and
            position_incomplete, when the row is written.
    """
    campus = session.scalar(select(Campus).where(Campus.code == code).with_for_update())
    if campus is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    before = {name: getattr(campus, name) for name in changes}
    changed = [name for name in changes if before[name] != changes[name]]
    if not changed:
        return campus
    refuse_stale(campus.version, version, changed)
    for name, value in changes.items():
        setattr(campus, name, value)
    campus.version += 1
    session.flush()
    action = "campus.change" if "name" in changed else "campus.address"
    _audit(session, actor, action, code, now, before=before, after=dict(changes))
    return campus


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    code: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="campus",
        object_id=code,
        before=before,
        after=after,
        now=now,
    )


def lock_campus(session: Session, campus_id: int) -> None:
    """Wait for whoever changes the same of a campus, until the end of the transaction."""
    session.execute(select(Campus.id).where(Campus.id == campus_id).with_for_update(key_share=True))


def lock_campuses(session: Session) -> None:
    """Wait for whoever has locked all campuses, until the end of the transaction."""
    # In the order of ids, and so that rows that refer to a campus can still be written.
    session.execute(select(Campus.id).order_by(Campus.id).with_for_update(key_share=True))
