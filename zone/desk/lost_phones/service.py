"""Replace a lost phone at the desk, and sell its fee, in one transaction. Never commits."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.access.credentials import service as credentials
from zone.booking.calendar_feeds.service import end_feed
from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail import service as mail
from zone.desk.lost_phones.errors import LOSS_FEE_DUE
from zone.desk.lost_phones.queries import LossFee, fee_of_loss
from zone.desk.sales.service import sell
from zone.members.people.service import another_member, audit_member, lock_member, view_member
from zone.passes.orders.queries import OrderView


@dataclass(frozen=True, slots=True)
class ReplacedPhone:
    """How many keys ended, and the number of the receipt of the fee; None: nothing was paid."""

    devices: int
    receipt: str | None


def look_at_fee(
    session: Session, actor: Actor, person: uuid.UUID, *, settings: Settings, now: datetime
) -> LossFee | None:
    """Return what a person pays for a lost phone, None: nothing; who looked is on record.

    Raises:
        DomainError: forbidden, not_found.
    """
    member = view_member(session, actor, person, now)
    return fee_of_loss(session, member, settings=settings, now=now)


def replace_phone(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    *,
    reason: str,
    now: datetime,
    settings: Settings,
    method: str | None = None,
    reference: str | None = None,
    till: str | None = None,
    cents: int | None = None,
) -> ReplacedPhone:
    """End all keys, sign-ins and the calendar feed of a person, and mail them.

    `cents` is the fee that was shown and paid by `method`. The pass itself stays, with its root.

    Raises:
        DomainError: forbidden, not_found, not_for_yourself; loss_fee_due: another fee than
            `cents`; or as `sales.service.sell`.
    """
    # Nobody for themselves: among other things this lifts the limit of new keys.
    another_member(session, actor, person)
    # Of two desks at once the second waits here, and then sees one loss more.
    member = lock_member(session, person)
    fee = fee_of_loss(session, member, settings=settings, now=now)
    _check_fee(fee, method, cents)
    sold = None
    if fee and cents and method:
        sold = sell(
            session,
            actor,
            person,
            [fee.line],
            method=method,
            reference=reference,
            till=till,
            now=now,
            settings=settings,
            of_loss=True,
        )
    keys = _end_access(session, actor, member.id, sold, now)
    audit_member(
        session,
        "phone.replace",
        member,
        actor.id,
        now,
        before={"devices": keys},
        after={"devices": 0} | ({"cents": cents, "order": sold.id} if sold else {}),
        reason=reason,
    )
    mail.post(
        session,
        to=member.email,
        template="desk/phone_replaced",
        language=member.language,
        params={"name": member.name},
        now=now,
    )
    return ReplacedPhone(keys, sold.receipts[0].number if sold else None)


def _check_fee(fee: LossFee | None, method: str | None, cents: int | None) -> None:
    """Refuse another fee than the one that is due, and one that nobody paid."""
    due = fee.cents if fee else 0
    if due != (cents or 0) or (due and method is None):
        raise DomainError(LOSS_FEE_DUE, now={"cents": due})


def _end_access(
    session: Session, actor: Actor, member_id: int, sold: OrderView | None, now: datetime
) -> int:
    """End the keys, sign-ins and calendar feed of a person; return how many keys there were."""
    keys = credentials.replace_phone(
        session, member_id, actor_id=actor.id, now=now, order_id=sold.id if sold else None
    )
    # A calendar on the lost phone goes on fetching their bookings without a sign-in.
    end_feed(session, member_id)
    return keys
