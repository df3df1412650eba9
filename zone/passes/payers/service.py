"""Add and change payers, as a manager. Never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.passes.payers.models import Payer
from zone.passes.payers.queries import DETAILS


def save_payer(
    session: Session,
    actor: Actor,
    code: str,
    *,
    version: int | None,
    now: datetime,
    **details: Any,
) -> Payer:
    """Add a payer, or change the one that was read as `version`, and audit it.

    Invoices that are issued already keep what they say.

    Raises:
        DomainError: forbidden; edited_meanwhile; payer_exists, when the row is written.
    """
    actor.require(Permission.INVOICES_WRITE)
    payer = session.scalar(select(Payer).where(Payer.code == code).with_for_update())
    before = {name: getattr(payer, name) for name in DETAILS} if payer else None
    if payer is not None and before is not None:
        if before == details:
            return payer
        if version != payer.version:
            changed = [name for name in DETAILS if details[name] != before[name]]
            raise edited_meanwhile(payer.version, changed)
    payer = set_payer(session, code, **details)
    record_action(
        session,
        actor_id=actor.id,
        action="payer.change" if before else "payer.create",
        object_kind="payer",
        object_id=code,
        before=before,
        after=details,
        now=now,
    )
    return payer


def set_payer(session: Session, code: str, **details: Any) -> Payer:
    """Add a payer, or change the one with that code, without an audit row."""
    payer = session.scalar(select(Payer).where(Payer.code == code)) or Payer(code=code, version=0)
    for name in DETAILS:
        setattr(payer, name, details[name])
    payer.version += 1
    session.add(payer)
    session.flush()
    return payer
