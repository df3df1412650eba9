"""What the desk does for people: each is one transaction with its audit row. Never commits."""

import uuid
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone import outbox
from zone.access import service as access
from zone.access.check_in import CheckIn
from zone.access.check_in import check_in as let_in
from zone.access.lost_phones import replace_phone as take_phones_away
from zone.access.models import Suspension
from zone.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.text import tidy
from zone.db import insert_new
from zone.desk import feed, search
from zone.desk.errors import OVERRIDE_BY_MANAGER, WORDS_TOO_SHORT
from zone.desk.models import HandledDenial
from zone.members.proofs import locked
from zone.members.queries import member_by_public_id
from zone.members.service import Facts, audit
from zone.passes import counter, order_queries
from zone.passes.order_queries import OrderView

LEAST_LETTERS: Final = 2
"""Letters or digits in one word: signs and single letters, which everybody has, name nobody."""
MAY_OVERRIDE: Final = frozenset({"manager", "admin"})


def find(session: Session, words: str, *, actor_id: int, now: datetime) -> list[search.Found]:
    """Look for a person; who looked for what stays on record.

    Raises:
        DomainError: words_too_short.
    """
    words = tidy(words)
    if not any(sum(map(str.isalnum, word)) >= LEAST_LETTERS for word in words.split()):
        raise DomainError(WORDS_TOO_SHORT)
    found = search.find(session, words, now)
    audit(
        session, actor_id=actor_id, action="desk.search", object_kind="search", object_id="",
        after={"words": words, "found": len(found)}, now=now,
    )  # fmt: skip
    return found


def sell(
    session: Session,
    person: uuid.UUID,
    *,
    product: str,
    method: str,
    cents: int,
    starts_on: date,
    actor_id: int,
    now: datetime,
    settings: Settings,
) -> OrderView:
    """Sell a product at the counter, at the person's own price.

    Raises:
        DomainError: not_found, or as `passes.counter.sell`.
    """
    member = locked(session, person)
    order = counter.sell(
        session, member.id, product, method=method, cents=cents, starts_on=starts_on, now=now, settings=settings
    )
    sold = order_queries.order_view(session, order, now)
    after = {"product": product, "cents": order.total_cents, "method": method, "receipt": sold.receipts[0].number}
    _audit(session, "counter.sell", person, actor_id, now, after={"order": order.public_id, **after})
    return sold


def revoke_device(
    session: Session, person: uuid.UUID, kid: bytes, *, reason: str, actor_id: int, now: datetime
) -> None:
    """Take the pass off one phone; of two who do it at once, one has done it.

    Raises:
        DomainError: not_found.
    """
    member = locked(session, person)
    live = [key for key in access.live_keys(session, member.id) if key.kid == kid]
    access.revoke_key(session, member.id, kid, now)
    if live:
        before = {"device": kid.hex(), "label": live[0].label}
        _audit(session, "device.revoke", person, actor_id, now, before=before, reason=reason)


def replace_phone(session: Session, person: uuid.UUID, *, reason: str, actor_id: int, now: datetime) -> int:
    """Take a lost phone away: all keys and sign-ins end, a new phone may be set up at once, and the person is told.

    Returns how many keys were revoked.

    Raises:
        DomainError: not_found.
    """
    member = member_by_public_id(session, person)
    keys = take_phones_away(session, member.id, actor_id=actor_id, now=now)
    _audit(
        session, "phone.replace", person, actor_id, now, before={"devices": keys}, after={"devices": 0}, reason=reason
    )
    outbox.post(
        session, to=member.email, template="desk/phone_replaced", language=member.language,
        params={"name": member.name}, now=now,
    )  # fmt: skip
    return keys


def check_in(
    session: Session,
    person: uuid.UUID,
    *,
    door: uuid.UUID,
    override: str | None,
    actor_id: int,
    roles: AbstractSet[str],
    now: datetime,
) -> CheckIn:
    """Let a person in without a phone; `override` is the reason to do so against the rule, for managers only.

    A refusal is an answer, and on record too.

    Raises:
        DomainError: not_found (person or door), override_by_manager, never_overridden.
    """
    if override and not roles & MAY_OVERRIDE:
        raise DomainError(OVERRIDE_BY_MANAGER)
    member = member_by_public_id(session, person)
    outcome = let_in(session, door, member.id, override=bool(override), now=now)
    after = {
        "door": door,
        "granted": outcome.granted,
        "reason": outcome.reason.value,
        "overridden": outcome.overridden,
        "again": outcome.again,
    }
    _audit(
        session, "desk.check_in", person, actor_id, now, after=after, reason=override if outcome.overridden else None
    )
    return outcome


def suspend(
    session: Session, person: uuid.UUID, *, reason: str, ends_at: datetime | None, actor_id: int, now: datetime
) -> Suspension:
    """Bar a person from the doors until a time, or until it is lifted.

    Raises:
        DomainError: not_found; ends_too_early when the row is written.
    """
    member = member_by_public_id(session, person)
    made = access.suspend(session, member.id, reason=reason, ends_at=ends_at, now=now, recorded_by=actor_id)
    _audit(session, "member.suspend", person, actor_id, now, after={"ends_at": ends_at}, reason=reason)
    return made


def lift(
    session: Session, person: uuid.UUID, suspension: uuid.UUID, *, reason: str, actor_id: int, now: datetime
) -> None:
    """End a suspension of a person early.

    Raises:
        DomainError: not_found: there is none, or it is another person's.
    """
    member = member_by_public_id(session, person)
    lifted = access.lift(session, suspension, now)
    if lifted.member_id != member.id:
        raise DomainError(NOT_FOUND)
    _audit(session, "suspension.lift", person, actor_id, now, before={"suspension": suspension}, reason=reason)


def handle(session: Session, entry: uuid.UUID, *, actor_id: int, now: datetime) -> None:
    """Mark a refusal as dealt with. The first who does it has done it; again changes nothing.

    Raises:
        DomainError: not_found.
    """
    row = {"entry_id": feed.denial(session, entry), "actor_id": actor_id, "occurred_at": now}
    if insert_new(session, HandledDenial, [row], HandledDenial.id):
        audit(
            session, actor_id=actor_id, action="denial.handle", object_kind="entry", object_id=entry, now=now,
        )  # fmt: skip


def _audit(
    session: Session, action: str, person: uuid.UUID, actor_id: int, now: datetime, *, before: Facts = None,
    after: Facts = None, reason: str | None = None,
) -> None:  # fmt: skip
    given: dict[str, Any] = {"before": before, "after": after, "reason": reason}
    audit(session, actor_id=actor_id, action=action, object_kind="member", object_id=person, now=now, **given)
