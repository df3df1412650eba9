"""What was taken over of a person, for the export of their own data."""

from typing import Any

from sqlalchemy import Select, select

from zone.passes.passes.models import Pass
from zone.passes.takeover.models import TakenOverCard, TakenOverPass


def own_taken_over_passes(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return which of a member's passes another system sold."""
    return (
        select(
            Pass.public_id.label("pass"),
            TakenOverPass.external_id,
            TakenOverPass.sold_on,
            TakenOverPass.paid_cents,
            TakenOverPass.recorded_at,
        )
        .join(Pass, Pass.id == TakenOverPass.pass_id)
        .where(Pass.member_id == member_id)
    )


def own_taken_over_cards(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the numbers of a member's cards of another system."""
    return select(TakenOverCard.number, TakenOverCard.recorded_at).where(
        TakenOverCard.member_id == member_id
    )
