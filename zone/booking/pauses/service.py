"""Pause and resume one's own pass, with what that means for bookings. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.pauses.queries import bookings_inside
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.pass_changes.service import lock_pass
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes.life import Life
from zone.passes.pauses import service as pauses
from zone.passes.pauses.errors import BOOKED_INSIDE
from zone.passes.pauses.rules import PauseRequest


def pause_own(
    session: Session, member_id: int, pass_id: uuid.UUID, asked: PauseRequest, now: datetime
) -> Life:
    """Pause one's own pass; `end_what_rests_on` cancels the bookings inside after the commit.

    Raises:
        DomainError: not_found, pass_ended; booked_inside, where the rule keeps bookings; as
            `pauses.service.pause`.
    """
    pass_ = lock_pass(session, member_id, pass_id)
    keeps = not pass_rules(session, helsinki_date(now)).pause_cancels
    if keeps and bookings_inside(session, member_id, pass_id, asked.days, now):
        raise DomainError(BOOKED_INSIDE)
    return pauses.pause(session, pass_, asked, by="holder", now=now)


def resume_own(session: Session, member_id: int, pass_id: uuid.UUID, now: datetime) -> Life:
    """End the pause of one's own pass today, or call the next one off.

    Raises:
        DomainError: not_found, pass_ended, not_paused.
    """
    return pauses.resume(session, lock_pass(session, member_id, pass_id), by="holder", now=now)
