"""The search for people: by part of a name, address, receipt number or printed code."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from zone.core.rate_limit.rules import Limit
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import eligibility_of
from zone.members.people.models import Member
from zone.passes.orders.models import Order
from zone.passes.passes.queries import rights_of
from zone.passes.receipts.models import Receipt

MOST_FOUND: Final = 20
SEARCHES: Final = Limit("desk-searches", 60, timedelta(minutes=1))
"""Searches of one member of staff: enough for a busy desk, too few to copy the register."""

# 9 digits: a longer number would overflow the column, which is an error of the database.
_RECEIPT: Final = re.compile(r"(\d{4})-(\d{1,9})")
_POINTER: Final = re.compile(r"ZP([0-9A-F]{32})", re.IGNORECASE)
_ORDER: Final = re.compile(r"https?://\S+/orders/([0-9a-f-]{36})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person in the list of results.

    `eligible_until` is the last day of the longest proof; `pass_until` is when the last right by a
    pass ends. None: there is none.
    """

    id: uuid.UUID
    name: str
    email: str
    eligible_until: date | None
    pass_until: datetime | None


def find_people(session: Session, words: str, now: datetime) -> list[FoundPerson]:
    """Return the people whom the words may mean, the likeliest first, at most MOST_FOUND.

    Takes three statements.
    """
    cleaned = clean_text(words)
    printed = _printed_condition(cleaned)
    query = select(Member.id, Member.public_id, Member.name, Member.email)
    if printed is not None:
        query = query.where(printed)
    else:
        query = query.where(_matches(cleaned)).order_by(_rank(cleaned), Member.name, Member.id)
    rows = session.execute(query.limit(MOST_FOUND)).all()
    ids = [row.id for row in rows]
    proofs, rights = eligibility_of(session, ids, helsinki_date(now)), rights_of(session, ids, now)
    return [_found_person(row, proofs[row.id], rights[row.id]) for row in rows]


def _found_person(row: Any, proofs: Sequence[Any], rights: Sequence[Any]) -> FoundPerson:
    until = max((right.valid_until for right in rights), default=None)
    return FoundPerson(
        row.public_id, row.name, row.email, proofs[0].valid_until if proofs else None, until
    )


def _printed_condition(words: str) -> ColumnElement[bool] | None:
    """Return the condition for the person of a receipt or a printed code; None: it is neither."""
    bought = select(Order.member_id).join(Receipt, Receipt.order_id == Order.id)
    if number := _RECEIPT.fullmatch(words):
        return Member.id.in_(
            bought.where(Receipt.year == int(number[1]), Receipt.number == int(number[2]))
        )
    if pointer := _POINTER.fullmatch(words):
        return Member.public_id == uuid.UUID(pointer[1])
    if order := _ORDER.fullmatch(words):
        return Member.id.in_(select(Order.member_id).where(Order.public_id == _uuid(order[1])))
    return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _matches(words: str) -> ColumnElement[bool]:
    # Every word is a part of the name or of the address before its @. The part after the @ is the
    # same for a whole university and would find all its people.
    return and_(
        *(or_(*_like(Member.name, "%{}%", word), _matches_address(word)) for word in words.split())
    )


def _matches_address(word: str) -> ColumnElement[bool]:
    return or_(*_like(Member.email, "{}%" if "@" in word else "%{}%@%", word))


def _rank(words: str) -> ColumnElement[int]:
    """Return the sort key: whole address, start of the name, of a later name, of the address."""
    return case(
        (Member.email == words.casefold(), 0),
        (or_(*_like(Member.name, "{}%", words)), 1),
        (or_(*_like(Member.name, "% {}%", words)), 2),
        (or_(*_like(Member.email, "{}%", words)), 3),
        else_=4,
    )


def _like(column: Any, pattern: str, words: str) -> list[ColumnElement[bool]]:
    # SQLite's LIKE ignores the case of ASCII letters only: Å and å are different letters to it.
    spellings = sorted({words, words.casefold(), words.title(), words.upper()})
    escaped = [re.sub(r"([%_\\])", r"\\\1", spelling) for spelling in spellings]
    return [column.ilike(pattern.format(spelling), escape="\\") for spelling in escaped]
