"""Feedback on accessibility as managers see it, and the statement's data."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.feedback.accessibility.models import AccessibilityFeedback
from zone.feedback.accessibility.rules import state_of

STATEMENT: Final = Path(__file__).with_name("statement.toml")


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """A piece of feedback; `state` is open, overdue or answered."""

    id: UUID
    message: str
    email: str
    received_at: datetime
    due_on: date
    state: str
    answered_at: datetime | None
    answer: str | None


def feedback(session: Session, now: datetime) -> list[FeedbackView]:
    """Return all feedback: what is not answered first, by its due date."""
    rows = session.scalars(
        select(AccessibilityFeedback).order_by(
            AccessibilityFeedback.answered_at.is_not(None),
            AccessibilityFeedback.due_on,
            AccessibilityFeedback.id,
        )
    )
    today = helsinki_date(now)
    return [
        FeedbackView(
            row.public_id,
            row.message,
            row.email,
            row.received_at,
            row.due_on,
            state_of(row.due_on, row.answered_at, today),
            row.answered_at,
            row.answer,
        )
        for row in rows
    ]


def overdue(session: Session, today: date) -> int:
    """Return how much feedback should have been answered by now."""
    query = select(func.count()).where(
        AccessibilityFeedback.answered_at.is_(None), AccessibilityFeedback.due_on < today
    )
    return session.scalar(query) or 0


def unanswered(_now: datetime) -> Select[int]:
    """Return the SELECT of how much feedback waits for an answer."""
    return select(func.count()).where(AccessibilityFeedback.answered_at.is_(None))


@cache
def statement() -> dict[str, Any]:
    """Return the data of the accessibility statement: its state, days and known gaps."""
    return tomllib.loads(STATEMENT.read_text(encoding="utf-8"))
