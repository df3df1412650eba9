"""The dated rules of passes, as they are stored."""

from dataclasses import fields
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.pass_rules.models import PassRule
from zone.passes.pass_rules.rules import DatedPassRules, PassRules, rules_on

NAMES: Final = tuple(field.name for field in fields(PassRules))


def dated_rules(session: Session) -> list[DatedPassRules]:
    """Return all rules, in the order in which they were written."""
    return [
        DatedPassRules(
            row.id, row.valid_from, PassRules(**{name: getattr(row, name) for name in NAMES})
        )
        for row in session.scalars(select(PassRule).order_by(PassRule.id))
    ]


def pass_rules(session: Session, day: date) -> PassRules:
    """Return the rules of a Helsinki day."""
    return rules_on(dated_rules(session), day)


def loss_fee_at(session: Session, day: date, now: datetime) -> str | None:
    """Return the product that a lost phone costs by the rules of a day, as they were written then.

    The first losses of a person may cost nothing.
    """
    known = select(PassRule.id).where(PassRule.recorded_at <= now)
    numbers = set(session.scalars(known))
    rows = [one for one in dated_rules(session) if one.number in numbers]
    return rules_on(rows, day).loss_fee


def renewal_days(session: Session, day: date, otherwise: int) -> int:
    """Return how many days before its end a pass is offered again.

    `otherwise`: the number of the settings, which holds until the first rules are set.
    """
    begun = any(row.valid_from <= day for row in dated_rules(session))
    return pass_rules(session, day).renewal_days if begun else otherwise
