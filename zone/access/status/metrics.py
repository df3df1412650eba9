"""Metrics of bridges and doors. A bridge is labelled with its name; no label names a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, Quarantine
from zone.access.entries.queries import NOT_REFUSED, REASON
from zone.core.metrics import gauge

LATELY: Final = timedelta(hours=1)


def door_gauges(session: Session, now: datetime) -> Iterator[Metric]:
    """Yield the metrics of bridges, alarms, quarantined rows and the last hour's entries."""
    bridges = session.scalars(
        select(Bridge).where(Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None))
    ).all()
    silent = {
        (bridge.name,): (now - bridge.seen_at).total_seconds() if bridge.seen_at else None
        for bridge in bridges
    }
    yield gauge(
        "zone_bridge_silent_seconds", "Since a bridge's last sign of life.", silent, ["bridge"]
    )
    backlog = {(bridge.name,): bridge.backlog for bridge in bridges}
    yield gauge(
        "zone_bridge_backlog",
        "Entries that it last said it had still to send.",
        backlog,
        ["bridge"],
    )
    yield gauge(
        "zone_bridge_alarms",
        "Alarms that nobody has acknowledged and that last.",
        _alarms(session),
        ["kind"],
    )
    quarantined = session.scalar(select(func.count()).select_from(Quarantine))
    yield gauge(
        "zone_quarantined_rows", "Rows of bridges that could not be read.", {(): quarantined}
    )
    entries = _entries(session, now)
    yield gauge(
        "zone_entries_last_hour",
        "Answers of the doors in the last hour.",
        entries,
        ["result", "reason"],
    )


def _alarms(session: Session) -> dict[tuple[str, ...], int]:
    counted = (
        select(BridgeAlarm.kind, func.count())
        .where(BridgeAlarm.acknowledged_at.is_(None), BridgeAlarm.cleared_at.is_(None))
        .group_by(BridgeAlarm.kind)
    )
    return {(kind,): count for kind, count in session.execute(counted)}


def _entries(session: Session, now: datetime) -> dict[tuple[str, ...], int]:
    # By door, because `ix_entry_door_id_occurred_at` then serves the query; without the doors every
    # entry of the term would be read.
    counted = (
        select(NOT_REFUSED, REASON, func.count())
        .where(
            Entry.door_id.in_(session.scalars(select(Door.id)).all()),
            Entry.occurred_at > now - LATELY,
        )
        .group_by(NOT_REFUSED, REASON)
    )
    return {
        ("granted" if granted else "refused", reason or ""): count
        for granted, reason, count in session.execute(counted)
    }
