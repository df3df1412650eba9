"""Change the service's own data. Never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.db.statements import insertion
from zone.core.errors import edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import write_recorded
from zone.core.service_profile.logo import digest_of, logo_png
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.queries import service_profile
from zone.core.service_profile.rules import ServiceProfile, check_values


def change_profile(
    session: Session,
    actor: Actor,
    *,
    version: int,
    values: Mapping[str, Any],
    settings: Settings,
    now: datetime,
) -> ServiceProfile:
    """Change the service's own data; `version` is the one that the editor read, 0 the first.

    No change writes nothing.

    Raises:
        DomainError: forbidden, accent_unreadable; edited_meanwhile, with the names that differ.
    """
    actor.require(Permission.SERVICE_WRITE)
    stored = service_profile(session, settings)
    wanted = stored.values | dict(values)
    check_values(wanted)
    changed = sorted(name for name, value in stored.values.items() if value != wanted[name])
    if not changed:  # also of an older version: what was asked for holds already
        return stored
    if not _write(session, version, wanted):
        raise edited_meanwhile(service_profile(session, settings).version, changed)
    record_action(
        session,
        actor_id=actor.id,
        action="service_profile.change",
        object_kind="service_profile",
        object_id="1",
        before={name: stored.values[name] for name in changed},
        after={name: wanted[name] for name in changed},
        now=now,
    )
    return service_profile(session, settings)


def change_logo(
    session: Session, actor: Actor, picture: bytes | None, *, settings: Settings, now: datetime
) -> None:
    """Store a picture as the logo of the service; None takes the logo away.

    Raises:
        DomainError: forbidden, logo_unreadable.
    """
    actor.require(Permission.SERVICE_WRITE)
    png = None if picture is None else logo_png(picture)
    digest = None if png is None else digest_of(png)
    stored = service_profile(session, settings)
    if digest == stored.logo_digest:
        return
    if stored.version == 0:  # what the settings say is taken over, as a first save does
        _write(session, 0, stored.values)
    # Not by version: the form of the other data, open elsewhere, does not show the logo.
    session.execute(update(ServiceProfileRow).values(logo=png, logo_digest=digest))
    record_action(
        session,
        actor_id=actor.id,
        action="service_profile.logo",
        object_kind="service_profile",
        object_id="1",
        before={"logo": stored.logo_digest},
        after={"logo": digest},
        now=now,
    )


def _write(session: Session, version: int, values: Mapping[str, Any]) -> bool:
    """Store the values over this version; False: somebody else was faster."""
    if version == 0:
        # The unique key decides between two who save for the first time.
        first = insertion(session, ServiceProfileRow).values(id=1, **values, version=1)
        return bool(write_recorded(session, first.on_conflict_do_nothing()))
    updated = (
        update(ServiceProfileRow)
        .where(ServiceProfileRow.version == version)
        .values(**values, version=version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(write_recorded(session, updated))
