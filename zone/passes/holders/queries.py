"""Who had a pass within some days."""

from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from zone.passes.passes.models import Pass, PassEvent


def had_pass_within(session: Session, member_id: int, first_day: date, last_day: date) -> bool:
    """Return whether a member had a pass, not refunded, on some day from first to last."""
    refunded = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")
    within = Pass.member_id == member_id, Pass.starts_on <= last_day, Pass.ends_on >= first_day
    return session.scalar(select(Pass.id).where(*within, ~refunded).limit(1)) is not None


def count_holders_within(session: Session, first_day: date, last_day: date) -> int:
    """Return how many people had a pass, not refunded, on some day from first to last."""
    refunded = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")
    within = Pass.starts_on <= last_day, Pass.ends_on >= first_day
    return (
        session.scalar(select(func.count(Pass.member_id.distinct())).where(*within, ~refunded)) or 0
    )
