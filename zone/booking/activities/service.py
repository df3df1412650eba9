"""Find or create the activity that a class is of. Never commits."""

import uuid
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import NAMES, ActivityDetails, root_of_names
from zone.core.ids import new_public_id


def activity_like(
    session: Session, details: ActivityDetails, before: Activity | None = None
) -> Activity:
    """Return the activity that has exactly these details; a new one where there is none.

    `before`: the activity that the class has had until now.
    """
    values = asdict(details)
    # Not unique in the database: two editors who make the same one at once have two alike, of one
    # root, and nothing depends on there being one.
    query = select(Activity).filter_by(**values).order_by(Activity.id).limit(1)
    known = session.scalar(query)
    if known is None:
        root = _root_of(session, details, before)
        known = Activity(public_id=new_public_id(), root=root, **values)
        session.add(known)
        session.flush()
    return known


def _root_of(session: Session, details: ActivityDetails, before: Activity | None) -> uuid.UUID:
    # People know an activity by its name: whose pass names yoga comes to every yoga, whatever its
    # level or texts. And a class that gets a name nobody had stays what their passes name.
    names = {name: getattr(details, name) for name in NAMES}
    query = select(Activity.root).filter_by(**names).order_by(Activity.id).limit(1)
    root = session.scalar(query)
    if root is not None:
        return root
    if before is not None and before.kind == details.kind:
        return before.root
    return root_of_names(details)
