"""Passes that their holder has paused, or upgraded, or of which the desk took a visit.

By the service's own rules.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.identity import Actor, Role
from zone.core.time import helsinki_date
from zone.demo import example
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.people.queries import member_by_email
from zone.passes.passes.models import Pass
from zone.passes.passes.service import activate
from zone.passes.pauses import service as pauses
from zone.passes.pauses.rules import PauseRequest
from zone.passes.payments import service as payments
from zone.passes.payments.providers.development import development_provider
from zone.passes.payments.providers.protocol import AmountDue, CreatedPayment, PaymentNotice
from zone.passes.receipts.queries import seller_of
from zone.passes.upgrades.service import order_upgrade
from zone.passes.visit_changes.service import give_back_visit, take_visit

PAUSED: Final = ("paused@zone.example", "Tauko Esimerkki", "sports-term")
UPGRADED: Final = ("upgraded@zone.example", "Vaihto Esimerkki", "gym-month")
COUNTED: Final = ("visits@zone.example", "Käynti Esimerkki", "ten-visits")
"""Who they are, and the product of the pass that they have had since BEFORE."""
BETTER: Final = "sports-30"
BEFORE: Final = timedelta(days=12)
A_DAY: Final = timedelta(days=1)
DESK: Final = "desk@zone.example"
TAKEN: Final = ((5, "Lukija ei toiminut"), (2, "Kaveri tuli mukaan"))
"""How many days ago the desk took a visit, and why; then which one it gave back."""
GIVEN_BACK: Final = (2, "Kaverilla olikin oma passi")


def load(session: Session, settings: Settings, now: datetime) -> None:
    """Store one of each."""
    _pause(session, now)
    _upgrade(session, settings, now)
    _visits(session, now)


def _pause(session: Session, now: datetime) -> None:
    held = _holder_of(session, *PAUSED, now - BEFORE)
    today = helsinki_date(now)
    asked = PauseRequest(today - timedelta(days=2), today + timedelta(days=18))
    pauses.pause(session, held, asked, by="holder", now=now - BEFORE / 2)


def _upgrade(session: Session, settings: Settings, now: datetime) -> None:
    held, seller = _holder_of(session, *UPGRADED, now - BEFORE), seller_of(session, settings)
    order = order_upgrade(
        session, held.member_id, held.public_id, BETTER, shown=None, now=now, seller=seller
    )
    provider = development_provider(settings.keys)
    payment = payments.create_payment(session, order, provider.name, now, seller)
    due = AmountDue(payment.reference, payment.cents, payment.currency)
    known = CreatedPayment(payment.reference, provider.page_address(due))
    payments.record_created(session, payment.id, known, now)
    notice = PaymentNotice(payment.reference, "paid", payment.cents, payment.currency, now)
    payments.settle(session, provider.name, notice, now, seller)


def _visits(session: Session, now: datetime) -> None:
    """Let the desk take two visits off a pass, and give one of them back."""
    desk = member_by_email(session, DESK)
    if desk is None:
        return
    actor = Actor("person", desk.id, desk.public_id, frozenset({Role.DESK}))
    held = _holder_of(session, *COUNTED, now - BEFORE)
    holder = session.get_one(Member, held.member_id).public_id
    for days, reason in TAKEN:
        at = now - timedelta(days=days)
        take_visit(session, actor, holder, held.public_id, reason=reason, now=at)
    number, reason = GIVEN_BACK
    give_back_visit(
        session, actor, holder, held.public_id, number=number, reason=reason, now=now - A_DAY
    )


def _holder_of(session: Session, email: str, name: str, product: str, since: datetime) -> Pass:
    """Return the pass of a new student of Metropolia, in use since then."""
    member = people.create_member(session, email=email, name=name, language="fi", now=since)
    example.prove(session, member, "metropolia", "student", since)
    example.give_pass(session, member, product, since)
    held = session.scalars(select(Pass).where(Pass.member_id == member.id)).one()
    activate(session, held.id, occurred_at=since, recorded_at=since, by="holder")
    return held
