"""What speaks to push services: the look at an address, and the delivery. Never in a transaction.

Each message is leased by a conditional UPDATE before it is sent, so that of several schedulers one
sends it. Only a crash between sending a message and recording it sends it again, and the browser
shows it in place of the first one.
"""

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import update

from zone.core import secrets
from zone.core.clock import real_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail.addresses import parse_sender
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.members.push import encryption, queries, rules, service, vapid
from zone.members.push.errors import PUSH_NOT_POSSIBLE
from zone.members.push.models import ERASED, PushMessage
from zone.members.push.providers.push_service import (
    PUBLIC,
    PrivateAddressError,
    PushAnswer,
    PushUnreachableError,
    Reach,
    addresses_of,
    send,
)
from zone.members.push.queries import DueMessage, PushTarget
from zone.members.push.rules import Endpoint, PushOutcome
from zone.members.push.service import NewSubscription

log = logging.getLogger(__name__)

RUN_LIMIT: Final = timedelta(seconds=30)
"""What is due after it waits for the next run: other jobs wait for the same threads."""
TURNED_ON: Final = Limit("push-subscriptions", 30, timedelta(hours=1))
"""Of one person: each look for a host may hold up a thread for seconds."""
TOKEN_LIFE: Final = timedelta(hours=12)
"""RFC 8292 allows a day; half of it leaves room for a clock that is wrong."""
NO_LONGER_TRUE: Final = "no longer true"


def subscribe(
    actor: Actor, new: NewSubscription, settings: Settings, now: datetime, reach: Reach = PUBLIC
) -> uuid.UUID:
    """Turn notifications on in the browser that asks, after a look at its push service.

    Raises:
        DomainError: push_not_possible, too_many_requests; as `service.subscribe`.
    """
    with writing() as session:
        rate_limit.count_attempt(session, TURNED_ON, str(actor.public_id), now)
    try:
        addresses_of(rules.endpoint_of(new.endpoint).host, reach)
        encryption.decoded(new.point)
    except (ValueError, PushUnreachableError, PrivateAddressError) as error:
        raise DomainError(PUSH_NOT_POSSIBLE) from error
    known = vapid.secret_of(new.server_key, secrets.valid_secrets(settings.keys, vapid.KEY_FILE))
    if known is None or len(new.secret) != encryption.SECRET_BYTES:
        raise DomainError(PUSH_NOT_POSSIBLE)
    with writing() as session:
        return service.subscribe(session, actor, new, now)


def server_key(settings: Settings) -> str:
    """Return the public key for which browsers subscribe; the key is made at the first use."""
    return vapid.public_text(secrets.current_secret(settings.keys, vapid.KEY_FILE))


def deliver(now: datetime, settings: Settings, reach: Reach = PUBLIC) -> int:
    """Send the messages that are due; return how many a push service has accepted.

    A push service that does not answer is asked once in a run. No failure of one fails the run:
    which service that is a person's browser says, and so does whoever makes one up.
    """
    with writing() as session:
        service.drop_outdated(session, now)
    with reading() as session:
        due = queries.due_messages(session, now)
    started, accepted, silent = time.monotonic(), 0, set[str]()
    for one in due:
        passed = timedelta(seconds=time.monotonic() - started)
        if passed > RUN_LIMIT:
            break
        accepted += _deliver_one(one, now + passed, settings, reach, silent)
    return accepted


def _deliver_one(
    one: DueMessage, now: datetime, settings: Settings, reach: Reach, silent: set[str]
) -> bool:
    message = lease(one, now)
    if message is None:
        return False
    with reading() as session:
        target = queries.target_of(session, message, now)
    if target is None:
        _end(message, "late", now, NO_LONGER_TRUE)
        return False
    endpoint = rules.endpoint_of(target.endpoint)
    if endpoint.origin in silent:
        return False
    try:
        answer = _send(message, target, endpoint, settings, now, reach)
    except PushUnreachableError as error:
        silent.add(endpoint.origin)
        _record(message, last_error=str(error))
        return False
    except (PrivateAddressError, LookupError) as error:
        _end(message, "refused", now, str(error.args[0]))
        return False
    return _note_answer(message, target, answer, now)


def lease(due: DueMessage, now: datetime) -> PushMessage | None:
    """Lease a message; None when another scheduler has done so since it was read."""
    with writing() as session:
        return session.scalar(
            update(PushMessage)
            .where(
                PushMessage.id == due.id,
                PushMessage.attempts == due.attempts,
                PushMessage.state == "waiting",
            )
            .values(attempts=due.attempts + 1, due_at=rules.retry_at(due.attempts + 1, None, now))
            .returning(PushMessage)
        )


def _send(
    message: PushMessage,
    target: PushTarget,
    endpoint: Endpoint,
    settings: Settings,
    now: datetime,
    reach: Reach,
) -> PushAnswer:
    known = secrets.valid_secrets(settings.keys, vapid.KEY_FILE)
    secret = vapid.secret_of(target.server_key, known)
    if secret is None:
        raise LookupError("the key of this subscription is not there")
    # By the machine's own clock: that of a demo may be days ahead, and the token then too old.
    expires = real_now() + TOKEN_LIFE
    headers = {
        "Authorization": vapid.authorization(secret, endpoint.origin, contact(settings), expires),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        # Not shown after the end: an offer that is over is of no use.
        "TTL": str(max(0, int((message.not_after - now).total_seconds()))),
        "Topic": message.topic,
        "Urgency": "high",
    }
    body = encryption.encrypt(message.payload.encode(), target.point, target.secret)
    return send(endpoint, headers, body, reach)


def contact(settings: Settings) -> str:
    """Return where a push service may complain: the operator, or the sender of mail."""
    sender = parse_sender(settings.operator_mail or settings.mail_from)
    return f"mailto:{sender.addr_spec}"


def _note_answer(
    message: PushMessage, target: PushTarget, answer: PushAnswer, now: datetime
) -> bool:
    outcome = rules.outcome_of(answer.status)
    if outcome is PushOutcome.ACCEPTED:
        _end(message, "sent", now, None)
    elif outcome is PushOutcome.GONE:
        with writing() as session:
            service.end_gone(session, target.subscription_id, target.made_at)
    elif outcome is PushOutcome.REFUSED:
        # Of our key or token it may be, so the subscription stays.
        log.warning("a push service refused a message: %s", answer.status)
        _end(message, "refused", now, f"status {answer.status}")
    else:
        wait = rules.wait_of(answer.retry_after, real_now())
        again = rules.retry_at(message.attempts, wait, now)
        if again > message.not_after:
            _end(message, "late", now, f"status {answer.status}")
        else:
            _record(message, due_at=again, last_error=f"status {answer.status}")
    return outcome is PushOutcome.ACCEPTED


def _end(message: PushMessage, state: str, now: datetime, error: str | None) -> None:
    _record(message, state=state, done_at=now, last_error=error, **ERASED)


def _record(message: PushMessage, **values: Any) -> None:
    with writing() as session:
        session.execute(update(PushMessage).where(PushMessage.id == message.id).values(**values))
