"""Ages of codes at the doors."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.entries.models import Entry


def code_ages(session: Session, most: int) -> list[float]:
    """Return how old the codes of the newest granted scans were, in seconds, the newest first."""
    newest = select(Entry.occurred_at, Entry.ts).where(
        Entry.kind == "scan", Entry.granted, Entry.ts.is_not(None)
    )
    rows = session.execute(newest.order_by(Entry.id.desc()).limit(most)).all()
    return [at.timestamp() - (ts or 0) for at, ts in rows]
