"""Find or create the activity that a class is of. Never commits."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import ActivityDetails
from zone.core.ids import new_public_id


def activity_like(session: Session, details: ActivityDetails) -> Activity:
    """Return the activity that has exactly these details; a new one where there is none."""
    values = asdict(details)
    # Not unique in the database: two editors who make the same one at once have two alike, and
    # nothing depends on there being one.
    query = select(Activity).filter_by(**values).order_by(Activity.id).limit(1)
    known = session.scalar(query)
    if known is None:
        known = Activity(public_id=new_public_id(), **values)
        session.add(known)
        session.flush()
    return known
