"""Offer payment providers or not, and record trials of them; audited. Never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.passes.payment_setup.models import ProviderSwitch, ProviderTrial
from zone.passes.payment_setup.queries import switched_off


def switch_provider(
    session: Session, actor: Actor, name: str, *, offered: bool, settings: Settings, now: datetime
) -> None:
    """Let buyers choose a provider of the settings, or not any more. No change writes nothing.

    Payments that were started there still count.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.SERVICE_WRITE)
    check_named(settings, name)
    before = name not in switched_off(session)
    if before == offered:
        return
    session.add(
        ProviderSwitch(provider=name, offered=offered, recorded_at=now, recorded_by=actor.id)
    )
    record_action(
        session,
        actor_id=actor.id,
        action="payment_provider.switch",
        object_kind="payment_provider",
        object_id=name,
        before={"offered": before},
        after={"offered": offered},
        now=now,
    )


def record_trial(session: Session, actor: Actor, name: str, outcome: str, now: datetime) -> None:
    """Record how a trial of a provider ended: answered or failed.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    session.add(
        ProviderTrial(provider=name, outcome=outcome, recorded_at=now, recorded_by=actor.id)
    )
    record_action(
        session,
        actor_id=actor.id,
        action="payment_provider.try",
        object_kind="payment_provider",
        object_id=name,
        after={"outcome": outcome},
        now=now,
    )


def check_named(settings: Settings, name: str) -> None:
    """Check that the settings name a provider.

    Raises:
        DomainError: not_found.
    """
    if name not in settings.payment_providers:
        raise DomainError(NOT_FOUND)
