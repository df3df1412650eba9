"""What came of scans at the doors, and how old their codes were."""

from typing import Final

from sqlalchemy import and_, case, false, or_, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.reasons import Reason
from zone.access.entries.models import Entry

# The kinds of entry that say of a scan that nobody came in by it.
UNDOING: Final = ("not_opened", "relay_fault")
_IN_VAIN: Final = and_(Entry.granted, Entry.undone_by == "relay_fault")
# A scan whose person the door has let in, as far as it can tell, and can show.
LET_IN: Final = and_(Entry.granted, Entry.undone_by.is_(None), Entry.proven.is_not(false()))
# A scan whose person stands before a shut door.
REFUSED: Final = or_(~Entry.granted, _IN_VAIN)
# Why; of a grant "granted".
REASON: Final = case((_IN_VAIN, Reason.DOOR_FAULT.value), else_=Entry.reason)


def code_ages(session: Session, most: int) -> list[float]:
    """Return how old the codes of the newest granted scans were, in seconds, the newest first."""
    newest = select(Entry.occurred_at, Entry.ts).where(
        Entry.kind == "scan", Entry.granted, Entry.ts.is_not(None)
    )
    rows = session.execute(newest.order_by(Entry.id.desc()).limit(most)).all()
    return [at.timestamp() - (ts or 0) for at, ts in rows]
