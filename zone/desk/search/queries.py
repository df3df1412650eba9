"""The search for people: by words of a name or address, by a number of a receipt or card, or by a
printed code.

One indexed statement scores people by the trigrams that they share with what was typed; `rules`
says which of them are meant.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from zone.core.rate_limit.rules import Limit
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.desk.search import rules
from zone.members.eligibility.queries import eligibility_of
from zone.members.people.models import Member, NameTrigram
from zone.members.people.trigrams import spell_out, trigrams_of
from zone.passes.numbering.rules import parse as parse_number
from zone.passes.orders.models import Order
from zone.passes.pass_rights.queries import rights_of
from zone.passes.receipts.models import Receipt
from zone.passes.takeover.models import TakenOverCard
from zone.passes.takeover.rules import card_number

MOST_FOUND: Final = 20
MOST_CANDIDATES: Final = 500
"""People whose trigrams are compared; of a word of one or two letters there may be more."""
LOST_BY_TYPO: Final = 4
SEARCHES: Final = Limit("desk-searches", 60, timedelta(minutes=1))
"""Searches of one member of staff: enough for a busy desk, too few to copy the register."""

# 9 digits: a longer number would overflow the column, which is an error of the database.
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

    Takes three statements, four for a number that no card has.
    """
    cleaned = clean_text(words)
    printed = _printed_condition(cleaned)
    rows = [] if printed is None else _printed(session, printed)
    # No card has the number: a name or an address may hold digits too.
    rows = rows or _named(session, cleaned)
    ids = [row.id for row in rows]
    proofs, rights = eligibility_of(session, ids, helsinki_date(now)), rights_of(session, ids, now)
    return [_found_person(row, proofs[row.id], rights[row.id]) for row in rows]


_PERSON: Final = (Member.id, Member.public_id, Member.name, Member.email)


def _printed(session: Session, condition: ColumnElement[bool]) -> Sequence[Any]:
    return session.execute(select(*_PERSON).where(condition).limit(MOST_FOUND)).all()


def _named(session: Session, words: str) -> Sequence[Any]:
    """Return the people whose name or address has every word, the likeliest first."""
    typed, spelled = rules.search_words(words), rules.search_words(spell_out(words))
    rows = [
        (rank, row)
        for row in _candidates(session, typed, spelled)
        if (rank := rules.rank(typed, row.name, row.email, spelled)) is not None
    ]
    rows.sort(key=lambda pair: (pair[0], pair[1].name, pair[1].id))
    return [row for _, row in rows[:MOST_FOUND]]


def _candidates(session: Session, typed: Sequence[str], spelled: Sequence[str]) -> Sequence[Any]:
    """Return those who share the most trigrams with the words of a search."""
    searched = [word for one in typed for word in rules.indexed_words(one)]
    spellings = [word for one in spelled for word in rules.indexed_words(one)]
    wanted = {*rules.with_swapped_starts(searched), *spellings, *rules.contracted(searched)}
    trigrams = trigrams_of(searched)
    least = _least_shared(searched, len(trigrams))
    hits = func.count()
    found = (
        select(NameTrigram.member_id, hits.label("hits"))
        .where(NameTrigram.trigram.in_(trigrams_of(wanted)))
        .group_by(NameTrigram.member_id)
        .having(hits >= least)
        .order_by(hits.desc(), NameTrigram.member_id)
        .limit(MOST_CANDIDATES)
        .subquery()
    )
    return session.execute(select(*_PERSON).join(found, found.c.member_id == Member.id)).all()


def _least_shared(searched: Sequence[str], trigrams: int) -> int:
    """Return how many of the trigrams of a search somebody must have to be meant."""
    # A wrong letter changes three trigrams of its word, two swapped ones four. Each forgotten space
    # of a long one, as of `tranquocminhkhai`, loses two.
    lost = max(LOST_BY_TYPO * len(searched), (trigrams + 1) // 2)
    if len(searched) == 1:  # all spaces of a name of short words, as of `lethimyduy`
        lost = max(LOST_BY_TYPO, 2 * min(rules.MOST_JOINED, len(searched[0]) // 2) - 2)
    return max(1, trigrams - lost)


def _found_person(row: Any, proofs: Sequence[Any], rights: Sequence[Any]) -> FoundPerson:
    until = max((right.valid_until for right in rights), default=None)
    return FoundPerson(
        row.public_id, row.name, row.email, proofs[0].valid_until if proofs else None, until
    )


def _printed_condition(words: str) -> ColumnElement[bool] | None:
    """Return the condition for the person of a receipt, a printed code or a card that was taken
    over; None: it looks like none of them.
    """
    bought = select(Order.member_id).join(Receipt, Receipt.order_id == Order.id)
    if named := parse_number(words):
        return Member.id.in_(
            bought.where(
                Receipt.series == named.series,
                Receipt.year == named.year,
                Receipt.number == named.number,
            )
        )
    if pointer := _POINTER.fullmatch(words):
        return Member.public_id == uuid.UUID(pointer[1])
    if order := _ORDER.fullmatch(words):
        return Member.id.in_(select(Order.member_id).where(Order.public_id == _uuid(order[1])))
    if (number := card_number(words)) and any(letter.isdigit() for letter in number):
        return Member.id.in_(select(TakenOverCard.member_id).where(TakenOverCard.number == number))
    return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
