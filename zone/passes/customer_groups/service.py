"""Add, rename and end customer groups, and move institutions between them. Never commits.

Lock order: the group before the rows of its institutions, so that nobody moves into a group while
it is ended.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.members.institutions.queries import institution_by_code
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.customer_groups.errors import GROUP_ENDED
from zone.passes.customer_groups.models import CustomerGroup, InstitutionGroup
from zone.passes.customer_groups.queries import group_on, names_of_group


def save_group(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name: dict[str, str],
    version: int | None,
    now: datetime,
) -> CustomerGroup:
    """Add a customer group, or rename the one that was read as `version`, and audit it.

    Raises:
        DomainError: forbidden, customer_group_exists; edited_meanwhile: there is one with that code
            in another version.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    stored = session.scalar(
        select(CustomerGroup).where(CustomerGroup.code == code).with_for_update()
    )
    before = names_of_group(stored) if stored else None
    if stored and before != name and version != stored.version:
        raise edited_meanwhile(stored.version, ["name"])
    group = stored or CustomerGroup(code=code, version=0)
    if before == name:
        return group
    group.name_fi, group.name_sv, group.name_en = name["fi"], name["sv"], name["en"]
    group.version += 1
    session.add(group)
    session.flush()
    action = "customer_group.change" if before else "customer_group.create"
    _audit(session, actor, action, code, now, before=before, after=name)
    return group


def set_group(session: Session, code: str, *, names: tuple[str, str, str]) -> CustomerGroup:
    """Add a customer group, or rename it, without an audit row; `names` are fi, sv, en."""
    group = session.scalar(select(CustomerGroup).where(CustomerGroup.code == code))
    group = group or CustomerGroup(code=code, version=1)
    group.name_fi, group.name_sv, group.name_en = names
    session.add(group)
    session.flush()
    return group


def move_institution(
    session: Session,
    actor: Actor,
    institution: str,
    *,
    group: str | None,
    valid_from: date,
    now: datetime,
) -> None:
    """Put an institution into a customer group from a day on, or into none, and audit it.

    What was set for the same day is corrected.

    Raises:
        DomainError: forbidden; not_found: no such institution or group; start_too_soon: the day has
            passed; customer_group_ended; institution_moved: by somebody else, for the same day.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    if valid_from < helsinki_date(now):
        raise DomainError(START_TOO_SOON)
    before = group_on(session, institution, valid_from)
    set_institution_group(session, institution, group=group, valid_from=valid_from)
    key = {"valid_from": valid_from.isoformat()}
    record_action(
        session,
        actor_id=actor.id,
        action="institution.customer_group",
        object_kind="institution",
        object_id=institution,
        before={"group": before},
        after=key | {"group": group},
        now=now,
    )


def set_institution_group(
    session: Session, institution: str, *, group: str | None, valid_from: date
) -> None:
    """Put an institution into a customer group from a day on, without an audit row.

    Raises:
        DomainError: not_found, customer_group_ended, institution_moved.
    """
    found = institution_by_code(session, institution)
    if found is None:
        raise DomainError(NOT_FOUND)
    chosen = None if group is None else _locked(session, group)
    if chosen is not None and chosen.ended_on is not None:
        raise DomainError(GROUP_ENDED)
    key = {"institution_id": found.id, "valid_from": valid_from}
    row = session.scalar(select(InstitutionGroup).filter_by(**key).with_for_update())
    row = row or InstitutionGroup(**key)
    row.customer_group_id = None if chosen is None else chosen.id
    session.add(row)
    session.flush()


def end_group(session: Session, actor: Actor, code: str, *, ended_on: date, now: datetime) -> None:
    """End a customer group: from `ended_on` its institutions pay the general price. Audited.

    Raises:
        DomainError: forbidden, not_found; start_too_soon: the day has passed; customer_group_ended.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    if ended_on < helsinki_date(now):
        raise DomainError(START_TOO_SOON)
    group = _locked(session, code)
    if group.ended_on is not None:
        raise DomainError(GROUP_ENDED)
    group.ended_on = ended_on
    group.version += 1
    for rows in _timelines(session, group):
        _leave(session, rows, group, ended_on)
    session.flush()
    after = {"ended_on": ended_on.isoformat()}
    _audit(session, actor, "customer_group.end", code, now, before={"ended_on": None}, after=after)


def _locked(session: Session, code: str) -> CustomerGroup:
    group = session.scalar(
        select(CustomerGroup).where(CustomerGroup.code == code).with_for_update()
    )
    if group is None:
        raise DomainError(NOT_FOUND)
    return group


def _timelines(session: Session, group: CustomerGroup) -> list[list[InstitutionGroup]]:
    """Return the rows of each institution that was or will be in a group, the oldest first."""
    ever = select(InstitutionGroup.institution_id).where(
        InstitutionGroup.customer_group_id == group.id
    )
    rows = session.scalars(
        select(InstitutionGroup)
        .where(InstitutionGroup.institution_id.in_(ever))
        .order_by(InstitutionGroup.institution_id, InstitutionGroup.valid_from)
        .with_for_update()
    )
    timelines: dict[int, list[InstitutionGroup]] = {}
    for row in rows:
        timelines.setdefault(row.institution_id, []).append(row)
    return list(timelines.values())


def _leave(
    session: Session, rows: list[InstitutionGroup], group: CustomerGroup, ended_on: date
) -> None:
    """Take an institution out of a group from a day on, also where it was to join it later."""
    before = [row for row in rows if row.valid_from < ended_on]
    later = [row for row in rows if row.valid_from >= ended_on]
    for row in later:
        if row.customer_group_id == group.id:
            row.customer_group_id = None
    changes_then = any(row.valid_from == ended_on for row in later)
    if before and before[-1].customer_group_id == group.id and not changes_then:
        session.add(
            InstitutionGroup(
                institution_id=before[-1].institution_id,
                customer_group_id=None,
                valid_from=ended_on,
            )
        )


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    code: str,
    now: datetime,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="customer_group",
        object_id=code,
        before=before,
        after=after,
        now=now,
    )
