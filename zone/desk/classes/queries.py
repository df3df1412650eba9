"""The classes of the next days, as the desk books them for a person."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from zone.booking.cards.views import card_of
from zone.booking.lotteries.queries import last_start_drawn
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions import queries as sessions_queries
from zone.booking.timetable.queries import reader_of
from zone.core.time import day_window, helsinki_date
from zone.desk.classes.views import DeskClasses, desk_classes
from zone.members.people.queries import member_by_public_id


def classes_for(session: Session, person: uuid.UUID, now: datetime) -> DeskClasses:
    """Return the classes of the days in which booking is open, by what a person can book, and those
    whose places are drawn.

    As many statements for a hundred classes as for one.
    """
    member = member_by_public_id(session, person)
    policies = policies_queries.policies(session.connection(), now, member.id)
    ahead = timedelta(days=policies.widest("opens_days"))
    until = day_window(helsinki_date(now) + ahead)[1]
    # A draw is entered before booking opens, so its class may be later.
    last = max(until, (last_start_drawn(session) or now) + timedelta(minutes=1))
    found = sessions_queries.sessions(session, (now, last), member_id=member.id, sees_hidden=True)
    views = [view for view in found if view.starts_at < until or view.lottery]
    reader = replace(
        reader_of(session, member.id, now), booked=[view for view in views if view.booking]
    )
    return desk_classes((card_of(view, reader, policies, now) for view in views), policies)
