"""Read the activities that passes can be limited to."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.policies import queries as policies_queries
from zone.passes.entitlements.rules import SingleActivity


def activities_to_choose(
    session: Session, chosen: Collection[SingleActivity], now: datetime
) -> dict[UUID, SingleActivity]:
    """Return the activities that are still to be held, and those `chosen` already, by their roots
    and in the order of their names.
    """
    # Of several that are one activity to those who come, the newest is what it is called now.
    coming = {
        one.root: _single(one)
        for one in sorted(policies_queries.activities(session, now), key=lambda one: one.id)
    }
    known = {one.root: one for one in chosen} | coming
    return dict(sorted(known.items(), key=lambda item: (item[1].name_en, item[0])))


def root_of(session: Session, activity: UUID) -> UUID | None:
    """Return the root of the activity with a public id; None: there is none."""
    return session.scalar(select(Activity.root).where(Activity.public_id == activity))


def _single(activity: Activity) -> SingleActivity:
    return SingleActivity(activity.root, activity.name_fi, activity.name_sv, activity.name_en)
