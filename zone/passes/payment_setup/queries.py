"""The payment providers as managers see them, and those that buyers may choose."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.passes.payment_setup.models import ProviderSwitch, ProviderTrial
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.payments.providers.choice import PROVIDERS, missing_keys
from zone.passes.payments.rules import TITLES


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider of the settings, without any of its secrets.

    `missing` names the files and settings that it lacks. `last_notice` is when it last reported a
    payment; `tried` and `tried_at` tell of the newest trial: answered or failed.
    """

    name: str
    title: str
    offered: bool
    missing: tuple[str, ...]
    callback: str
    last_notice: datetime | None
    tried: str | None
    tried_at: datetime | None


def switched_off(session: Session) -> frozenset[str]:
    """Return the names of the providers that managers do not offer."""
    newest = select(func.max(ProviderSwitch.id)).group_by(ProviderSwitch.provider)
    rows = session.scalars(select(ProviderSwitch).where(ProviderSwitch.id.in_(newest)))
    return frozenset(row.provider for row in rows if not row.offered)


def provider_states(session: Session, settings: Settings) -> list[ProviderState]:
    """Return the providers that the settings name, in their order."""
    off = switched_off(session)
    return [
        _state(session, settings, name, offered=name not in off)
        for name in settings.payment_providers
        if name in PROVIDERS
    ]


def _state(session: Session, settings: Settings, name: str, *, offered: bool) -> ProviderState:
    trial = session.scalars(
        select(ProviderTrial)
        .where(ProviderTrial.provider == name)
        .order_by(ProviderTrial.id.desc())
        .limit(1)
    ).first()
    return ProviderState(
        name,
        TITLES.get(name, name),
        offered,
        missing_keys(settings, name),
        f"{settings.base_url}/payments/{name}/callback",
        last_notice(session, name),
        trial.outcome if trial else None,
        trial.recorded_at if trial else None,
    )


def last_notice(session: Session, name: str) -> datetime | None:
    """Return when a provider last reported a payment."""
    return session.scalar(
        select(func.max(PaymentEvent.recorded_at))
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .where(Payment.provider == name)
    )
