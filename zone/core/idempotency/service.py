"""Idempotency keys: a write request that is sent twice has one effect and one answer.

A key belongs to the actor. It is reserved in the transaction of the work itself, so that a crash
leaves both or neither. A second request with the same key waits for the first one at the unique
key.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.errors import DomainError, declare
from zone.core.idempotency.models import StoredAnswer

MAX_KEY_LENGTH: Final = 200

# HTTP status and a JSON-ready body.
KeyedAnswer = tuple[int, dict[str, Any]]

IDEMPOTENCY_MISMATCH = declare(
    "idempotency_mismatch",
    422,
    "Another request was already sent with this key. Send this one with a new key.",
)
IDEMPOTENCY_KEY_INVALID = declare(
    "idempotency_key_invalid",
    422,
    "The Idempotency-Key must have 1 to 200 characters.",
)


def run_once(
    session: Session,
    *,
    actor_id: int,
    key: str | None,
    request_body: bytes,
    path: str,
    now: datetime,
    work: Callable[[], KeyedAnswer],
) -> KeyedAnswer:
    """Do `work` once for this actor and key, in the caller's transaction; return the first answer.

    Without a key the work is always done.

    Raises:
        DomainError: idempotency_key_invalid; idempotency_mismatch: the key was used with another
            path or body.
    """
    if key is None:
        return work()
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise DomainError(IDEMPOTENCY_KEY_INVALID)
    digest = hashlib.sha256(path.encode() + b"\0" + request_body).digest()
    reserved = reserve_key(session, actor_id, key, digest, now)
    if reserved is None:
        return _stored_answer(session, actor_id, key, digest)
    # A refusal (DomainError) rolls the reservation back too, so the same request may succeed later.
    status, body = work()
    session.execute(
        update(StoredAnswer).where(StoredAnswer.id == reserved).values(status=status, body=body)
    )
    return status, body


def reserve_key(
    session: Session, actor_id: int, key: str, digest: bytes, now: datetime
) -> int | None:
    """Reserve the key and return the row's id; None when it is used already."""
    # Waits for a transaction that has inserted the same key and not yet ended.
    row = {"actor_id": actor_id, "key": key, "digest": digest, "created_at": now}
    return session.scalar(
        insertion(session, StoredAnswer)
        .values(row)
        .on_conflict_do_nothing(index_elements=["actor_id", "key"])
        .returning(StoredAnswer.id)
    )


def _stored_answer(session: Session, actor_id: int, key: str, digest: bytes) -> KeyedAnswer:
    stored = session.execute(
        select(StoredAnswer.digest, StoredAnswer.status, StoredAnswer.body).where(
            StoredAnswer.actor_id == actor_id, StoredAnswer.key == key
        )
    ).one()
    if stored.digest != digest or stored.status is None or stored.body is None:
        raise DomainError(IDEMPOTENCY_MISMATCH)
    return stored.status, stored.body


def delete_old_answers(session: Session, before: datetime) -> int:
    """Delete answers given before a time; return how many."""
    return len(
        session.scalars(
            delete(StoredAnswer).where(StoredAnswer.created_at < before).returning(StoredAnswer.id)
        ).all()
    )
