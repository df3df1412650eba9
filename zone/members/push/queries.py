"""Read the browsers in which notifications are on, and what is due to be sent to them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedSelect
from zone.core.identity import Actor
from zone.core.mail.questions import still_holds
from zone.members.push.models import PushMessage, PushSubscription
from zone.members.push.rules import UNUSED
from zone.members.sign_in_sessions.models import SignInSession

BATCH: Final = 100
_WITH_SESSION: Final = SignInSession.id == PushSubscription.session_id


def is_live(since: datetime | None = None) -> ColumnElement[bool]:
    """Whether the sign-in of a subscription goes on: not signed out, and used after `since`.

    Without `since` the statement takes it as a parameter.
    """
    used = SignInSession.seen_at > (bindparam("since") if since is None else since)
    return and_(_WITH_SESSION, SignInSession.revoked_at.is_(None), used)


@dataclass(frozen=True, slots=True)
class PushBrowserView:
    """A browser in which notifications are on; `current`: the one that asks.

    `endpoint` is its address, by which its script sees whether the browser has another one now.
    """

    id: uuid.UUID
    browser: str
    system: str
    since: datetime
    current: bool
    endpoint: str


def browsers(session: Session, actor: Actor, now: datetime) -> list[PushBrowserView]:
    """Return the actor's own browsers in which notifications are on, the newest first."""
    rows = session.execute(
        select(PushSubscription, SignInSession.browser, SignInSession.system)
        .join(SignInSession, is_live(now - UNUSED))
        .where(PushSubscription.member_id == actor.id)
        .order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc())
    )
    return [
        PushBrowserView(
            row.public_id,
            browser,
            system,
            row.created_at,
            row.session_id == actor.session_id,
            row.endpoint,
        )
        for row, browser, system in rows
    ]


# Made once: a message is posted while others wait for the session of the place. The lock keeps the
# row until the message that refers to it is stored.
_RECEIVERS: Final = PreparedSelect(
    select(PushSubscription.id)
    .join(SignInSession, is_live())
    .where(PushSubscription.member_id == bindparam("member_id"))
    .order_by(PushSubscription.id)
    .with_for_update(read=True, key_share=True, of=PushSubscription)
)


def receivers(session: Session, member_id: int, now: datetime) -> list[int]:
    """Return the live subscriptions of a person, which stay until the end of the transaction."""
    rows = _RECEIVERS.fetch(session.connection(), member_id=member_id, since=now - UNUSED)
    return [row.id for row in rows]


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message that is due, and how often it was tried."""

    id: int
    attempts: int


def due_messages(session: Session, now: datetime) -> list[DueMessage]:
    """Return the messages that are due, the least tried first: a new one waits for no retry."""
    rows = session.execute(
        select(PushMessage.id, PushMessage.attempts)
        .where(PushMessage.state == "waiting", PushMessage.due_at <= now)
        .order_by(PushMessage.attempts, PushMessage.due_at, PushMessage.id)
        .limit(BATCH)
    )
    return [DueMessage(row.id, row.attempts) for row in rows]


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where a message goes, and what seals it. `made_at` tells one subscription from the next."""

    subscription_id: int
    made_at: datetime
    endpoint: str
    point: bytes
    secret: bytes
    server_key: str


def target_of(session: Session, message: PushMessage, now: datetime) -> PushTarget | None:
    """Return where a message goes; None: its browser is another person's by now or signed out, or
    what it says does not hold any more.
    """
    row = session.scalar(
        select(PushSubscription)
        .join(SignInSession, is_live(now - UNUSED))
        .where(
            PushSubscription.id == message.subscription_id,
            PushSubscription.member_id == message.member_id,
        )
    )
    if row is None or not still_holds(session, message.question, message.about, now):
        return None
    return PushTarget(row.id, row.created_at, row.endpoint, row.point, row.secret, row.server_key)


def server_keys(session: Session, now: datetime) -> set[str]:
    """Return the public keys for which live subscriptions were made."""
    made_for = select(PushSubscription.server_key).join(SignInSession, is_live(now - UNUSED))
    return set(session.scalars(made_for.distinct()))


def own_subscriptions(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the SELECT of a person's subscriptions for the export of their data."""
    return (
        select(
            PushSubscription.endpoint,
            PushSubscription.created_at,
            SignInSession.browser,
            SignInSession.system,
        )
        .join(SignInSession, _WITH_SESSION)
        .where(PushSubscription.member_id == member_id)
        .order_by(PushSubscription.id)
    )
