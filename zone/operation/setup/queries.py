"""Which first steps of the service are done, by what there is, and what may be taken from a list.

A step is done when its rows are there, however they came: nothing is ticked off by hand, so the
list can be left and taken up again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.booking.weekly_classes.models import SessionRule
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.service_profile.queries import service_profile
from zone.core.service_profile.rules import ServiceProfile
from zone.core.time import helsinki_date
from zone.members.institutions.models import Institution
from zone.members.roles.models import RoleGrant
from zone.operation.reference_data.queries import listed
from zone.operation.setup.rules import SetupStep, steps
from zone.passes.catalogue.models import Price, VatRate
from zone.passes.catalogue.rules import VAT_CATEGORIES
from zone.passes.payment_setup.queries import provider_states
from zone.passes.receipts.rules import seller_in
from zone.places.campuses.models import Campus
from zone.places.opening_hours.models import OpeningHours
from zone.places.spaces.models import Space
from zone.places.terms.models import Season
from zone.reporting.kpis.models import Target

MAIL_TRIED = "mail.try"
"""The action in the audit of a mail that a manager sent to try the mail server."""
TRIED_ON = ("service", "list")
"""The kind and the id of what was tried: the index of the audit finds rows by these."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An institution or a campus of the list, which is not there yet."""

    code: str
    name: str


def setup_steps(
    session: Session, settings: Settings, today: date, profile: ServiceProfile | None = None
) -> list[SetupStep]:
    """Return every first step with whether it is done; `profile`: where it was read already."""
    facts = _facts(today)
    row = session.execute(select(*(fact.label(name) for name, fact in facts.items()))).one()
    done = {name for name in facts if getattr(row, name)}
    if seller_in(profile or service_profile(session, settings)).is_complete:
        done.add("service")
    providers = provider_states(session, settings)
    if any(
        one.offered and not one.missing and (one.tried == "answered" or one.last_notice)
        for one in providers
    ):
        done.add("payments")
    return steps(done)


def count_left_steps(
    session: Session, settings: Settings, profile: ServiceProfile, now: datetime
) -> int:
    """Count the first steps that are to do."""
    steps_now = setup_steps(session, settings, helsinki_date(now), profile)
    return sum(not step.done for step in steps_now)


def is_being_set_up(session: Session, settings: Settings, now: datetime) -> bool:
    """Return whether a first step is to do without which the service cannot open."""
    return any(
        not step.done and step.opens for step in setup_steps(session, settings, helsinki_date(now))
    )


def _facts(today: date) -> dict[str, ColumnElement[bool]]:
    without_hours = exists(
        select(Campus.id).where(~exists().where(OpeningHours.campus_id == Campus.id))
    )
    categories = (
        select(func.count(distinct(VatRate.category)))
        .where(VatRate.valid_from <= today)
        .scalar_subquery()
    )
    staff = (
        select(func.count(distinct(RoleGrant.member_id)))
        .where(RoleGrant.revoked_at.is_(None))
        .scalar_subquery()
    )
    return {
        "institutions": exists().where(or_(Institution.admits_students, Institution.admits_staff)),
        "campuses": exists(select(Campus.id)),
        "hours": and_(exists(select(Campus.id)), not_(without_hours)),
        "terms": exists().where(Season.ends_on >= today),
        "rates": categories == len(VAT_CATEGORIES),
        "spaces": exists(select(Space.id)),
        "products": exists().where(Price.cents.is_not(None)),
        "classes": exists(select(SessionRule.id)),
        "doors": exists().where(Door.bridge_id.is_not(None)),
        "bridges": exists().where(Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None)),
        "mail": exists().where(
            AuditRow.object_kind == TRIED_ON[0],
            AuditRow.object_id == TRIED_ON[1],
            AuditRow.action == MAIL_TRIED,
        ),
        "people": staff > 1,
        "targets": exists(select(Target.id)),
    }


def institutions_to_take(session: Session) -> list[Listed]:
    """Return the institutions of the list that are not there yet."""
    return _missing(session, "institution", select(Institution.code))


def campuses_to_take(session: Session) -> list[Listed]:
    """Return the campuses of the list that are not there yet."""
    return _missing(session, "campus", select(Campus.code))


def _missing(session: Session, kind: str, there: Select[str]) -> list[Listed]:
    codes: Sequence[str] = session.scalars(there).all()
    return [Listed(row["code"], row["name"]) for row in listed()[kind] if row["code"] not in codes]
