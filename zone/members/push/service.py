"""Turn notifications on and off in a browser, and post messages for it. Never commits.

A subscription belongs to the person who is signed in, and to their sign-in in that browser: it ends
with it, in whatever way that is signed out.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import SIGN_IN_NEEDED, Actor
from zone.core.ids import new_public_id
from zone.core.mail.questions import AskedMail
from zone.members.people.service import lock_members
from zone.members.push import queries
from zone.members.push.errors import TOO_MANY_PUSH_SUBSCRIPTIONS
from zone.members.push.models import ERASED, PushMessage, PushSubscription
from zone.members.push.rules import MOST_SUBSCRIPTIONS, UNUSED
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What a browser says of itself: its address, and the key and secret that seal for it.

    `server_key`: the public key of the service that it was made for.
    """

    endpoint: str
    point: bytes
    secret: bytes
    server_key: str


def subscribe(session: Session, actor: Actor, new: NewSubscription, now: datetime) -> uuid.UUID:
    """Turn notifications on in the browser that asks; once more changes nothing.

    An address that was another person's, on a phone that both use, is the actor's from now on.

    Raises:
        DomainError: too_many_push_subscriptions; sign_in_needed: the session has just ended.
    """
    if actor.session_id is None:
        raise DomainError(SIGN_IN_NEEDED)
    # One at a time for a person, and signing out everywhere commits first or finds it.
    lock_members(session, [actor.id])
    sign_in_sessions.check_goes_on(session, actor.session_id)
    of_browser = PushSubscription.session_id == actor.session_id
    # The page that shows the subscription may still turn it off by its id.
    kept = session.scalar(select(PushSubscription.public_id).where(of_browser))
    _check_number(session, actor, new, now)
    session.execute(
        delete(PushSubscription).where(of_browser, PushSubscription.endpoint != new.endpoint)
    )
    public_id = kept or new_public_id()
    _write(session, public_id, actor.id, actor.session_id, new, now)
    return public_id


def _check_number(session: Session, actor: Actor, new: NewSubscription, now: datetime) -> None:
    others = session.scalar(
        select(func.count(PushSubscription.id))
        .join(SignInSession, queries.is_live(now - UNUSED))
        .where(
            PushSubscription.member_id == actor.id,
            PushSubscription.session_id != actor.session_id,
            PushSubscription.endpoint != new.endpoint,
        )
    )
    if (others or 0) >= MOST_SUBSCRIPTIONS:
        most = {"most": MOST_SUBSCRIPTIONS}
        raise DomainError(TOO_MANY_PUSH_SUBSCRIPTIONS, params=most)


def _write(
    session: Session,
    public_id: uuid.UUID,
    member_id: int,
    session_id: int,
    new: NewSubscription,
    now: datetime,
) -> None:
    values = {
        "public_id": public_id,
        "member_id": member_id,
        "session_id": session_id,
        "endpoint": new.endpoint,
        "point": new.point,
        "secret": new.secret,
        "server_key": new.server_key,
        "created_at": now,
    }
    # The key on the address decides between two people at once, and nobody gets a refusal: the
    # last one has it. Messages that wait for the other one name their person, and are not sent.
    statement = insertion(session, PushSubscription).values(values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["endpoint"], set_=values),
        execution_options={"synchronize_session": False},
    )


def unsubscribe(session: Session, actor: Actor, subscription: uuid.UUID) -> None:
    """Turn notifications off in one of the actor's own browsers.

    Raises:
        DomainError: not_found, also for another person's.
    """
    own = (PushSubscription.public_id == subscription) & (PushSubscription.member_id == actor.id)
    if session.scalar(delete(PushSubscription).where(own).returning(PushSubscription.id)) is None:
        raise DomainError(NOT_FOUND)


def take_along(session: Session, old: bytes, new: bytes) -> None:
    """Let a browser's subscription go on when its person signs in there again.

    `old` and `new` are the digests of the tokens that the browser had and has. Another person's
    subscription ends: what they get is not for the person who is signed in now.
    """
    found = {
        row.digest: row
        for row in session.execute(
            select(SignInSession.digest, SignInSession.id, SignInSession.member_id).where(
                SignInSession.digest.in_((old, new))
            )
        )
    }
    if old == new or len(found) < 2:
        return
    before, after = found[old], found[new]
    subscribed = PushSubscription.session_id == before.id
    if before.member_id != after.member_id:
        session.execute(delete(PushSubscription).where(subscribed))
        return
    session.execute(update(PushSubscription).where(subscribed).values(session_id=after.id))


def post(
    session: Session,
    *,
    member_id: int,
    payload: str,
    topic: str,
    now: datetime,
    not_before: datetime,
    not_after: datetime,
    asked: AskedMail,
) -> int:
    """Write a message for each browser in which a person turned notifications on; return how many.

    It is sent from `not_before` on, not after `not_after`, nor when the answer to `asked` is no by
    then. `payload` is what `rules.payload_of` returns.
    """
    rows = [
        {
            "subscription_id": subscription,
            "member_id": member_id,
            "payload": payload,
            "topic": topic,
            "created_at": now,
            "not_after": not_after,
            "due_at": max(now, not_before),
            "question": asked.question,
            "about": asked.about,
        }
        for subscription in queries.receivers(session, member_id, now)
    ]
    if rows:
        session.execute(insert(PushMessage), rows)
    return len(rows)


def end_gone(session: Session, subscription_id: int, made_at: datetime) -> None:
    """Delete a subscription that its push service no longer has, and what waits for it."""
    # Not the one that the browser has made since, at the same address.
    gone = (PushSubscription.id == subscription_id) & (PushSubscription.created_at == made_at)
    session.execute(delete(PushSubscription).where(gone))


def drop_outdated(session: Session, now: datetime) -> int:
    """Give up the messages whose time is over; return how many."""
    outdated = update(PushMessage).where(
        PushMessage.state == "waiting", PushMessage.not_after < now
    )
    return _changed(session, outdated.values(state="late", done_at=now, **ERASED))


def delete_ended(session: Session, now: datetime) -> int:
    """Delete the subscriptions whose sign-in has ended, with their messages; return how many."""
    ended = select(SignInSession.id).where(
        or_(SignInSession.revoked_at.is_not(None), SignInSession.seen_at <= now - UNUSED)
    )
    return _changed(session, delete(PushSubscription).where(PushSubscription.session_id.in_(ended)))


def delete_done(session: Session, before: datetime) -> int:
    """Delete the messages that were finished before a time; return how many."""
    done = (PushMessage.state != "waiting", PushMessage.done_at < before)
    return _changed(session, delete(PushMessage).where(*done))


def delete_made_for(session: Session, server_keys: set[str]) -> int:
    """Delete the subscriptions that were made for other keys than these; return how many."""
    others = delete(PushSubscription).where(PushSubscription.server_key.not_in(server_keys))
    return _changed(session, others)


def _changed(session: Session, statement: Any) -> int:
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount
