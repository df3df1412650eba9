"""Choose the activities that the passes of a product are for, as a manager. Never commits."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zone.booking.pass_activities import queries
from zone.booking.pass_activities.errors import ACTIVITY_UNKNOWN
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.passes.catalogue.queries import product_by_code
from zone.passes.entitlements import service as entitlements


def choose_activities(
    session: Session,
    actor: Actor,
    code: str,
    activities: Iterable[UUID],
    *,
    version: int,
    now: datetime,
) -> None:
    """Limit the passes of a product to activities, given by the public id of any of their sessions'
    activities; none: to no single ones.

    Raises:
        DomainError: activity_unknown; and those of `entitlements.service.save_entitlements`.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    chosen = product_by_code(session, code).conditions.single_activities
    known = queries.activities_to_choose(session, chosen, now)
    roots = {one if one in known else queries.root_of(session, one) for one in set(activities)}
    if not roots <= known.keys():
        raise DomainError(ACTIVITY_UNKNOWN)
    named = tuple(one for root, one in known.items() if root in roots)
    entitlements.save_single_activities(session, actor, code, named, version=version, now=now)
