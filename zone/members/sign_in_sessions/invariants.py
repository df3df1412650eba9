"""What must hold of sign-in sessions, recounted by `zone doctor`."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.members.sign_in_sessions.models import SignInSession

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By so much the clock of another machine of the service may be ahead."""


def count_used_at_impossible_times(session: Session, now: datetime) -> int:
    """Count the sessions whose last use is before they were opened, or still to come.

    A use that is still to come would make a session live on.
    """
    rows = select(SignInSession.id).where(
        or_(
            SignInSession.seen_at < SignInSession.created_at,
            SignInSession.seen_at > now + CLOCKS_DIFFER,
        )
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "sign_ins",
        "no browser was used before it signed in, or in the future",
        count_used_at_impossible_times,
        "Sign everybody out whom it concerns (`zone admin`), and ask who had access.",
        at_present=True,
    ),
)
