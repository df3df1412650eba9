"""Take what a new service starts from out of the list that comes with it. Never commits."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.identity import Actor, Permission
from zone.members.institutions import service as institutions
from zone.operation.reference_data.queries import listed
from zone.operation.setup.queries import (
    MAIL_TRIED,
    TRIED_ON,
    campuses_to_take,
    institutions_to_take,
)
from zone.passes.catalogue import service as catalogue
from zone.places.campuses import service as campuses
from zone.reporting.kpis import service as kpis


def take_institutions(
    session: Session, actor: Actor, codes: Collection[str], now: datetime
) -> None:
    """Add the institutions of the list with these codes that are not there yet, each audited.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    regions = {row["code"]: row for row in listed()["study_region"]}
    missing = {one.code for one in institutions_to_take(session)}
    for row in _chosen("institution", missing.intersection(codes)):
        if region := row.get("study_region"):
            institutions.ensure_region(session, **regions[region])
        values = {"study_region": None} | row
        institutions.save_institution(
            session, actor, values.pop("code"), version=None, now=now, **values
        )


def take_campuses(session: Session, actor: Actor, codes: Collection[str], now: datetime) -> None:
    """Add the campuses of the list with these codes that are not there yet, each audited.

    Raises:
        DomainError: forbidden.
    """
    missing = {one.code for one in campuses_to_take(session)}
    for row in _chosen("campus", missing.intersection(codes)):
        campuses.add_campus(session, actor, now=now, **row)


def take_rates(session: Session, actor: Actor, now: datetime) -> None:
    """Add the Finnish VAT rates of the list; a rate that there is for a day stays. Audited.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    for row in listed()["vat_rate"]:
        catalogue.ensure_vat_rate(
            session, row["category"], percent=Decimal(row["percent"]), valid_from=row["valid_from"]
        )
    _audit(session, actor, "vat_rate.take", "vat_rate", now)


def take_targets(session: Session, actor: Actor, now: datetime) -> None:
    """Set the targets of the list; one that there is for a year stays. Audited.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    for row in listed()["target"]:
        kpis.ensure_target(session, now=now, **row)
    _audit(session, actor, "target.take", "target", now)


def record_mail_tried(session: Session, actor: Actor, now: datetime) -> None:
    """Record that the mail server took a mail to try it."""
    kind, object_id = TRIED_ON
    record_action(
        session,
        actor_id=actor.id,
        action=MAIL_TRIED,
        object_kind=kind,
        object_id=object_id,
        now=now,
    )


def _chosen(kind: str, codes: Collection[str]) -> Iterator[dict[str, Any]]:
    return (row for row in listed()[kind] if row["code"] in codes)


def _audit(session: Session, actor: Actor, action: str, kind: str, now: datetime) -> None:
    record_action(
        session, actor_id=actor.id, action=action, object_kind=kind, object_id="list", now=now
    )
