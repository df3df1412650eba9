"""A write that a person may send twice (two taps, a lost answer) has one effect, and both get the same answer.

The key of a request belongs to the one who sends it. It is claimed in the transaction of the work itself, so a crash
leaves both or neither; a second request with the key waits for the first at the database's unique key.
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

LONGEST: Final = 200

# HTTP status and a JSON-ready body.
Answer = tuple[int, dict[str, Any]]

IDEMPOTENCY_MISMATCH = declare(
    "idempotency_mismatch",
    422,
    fi="Samalla avaimella on jo lähetetty toisenlainen pyyntö. Lähetä tämä uudella avaimella.",
    sv="Samma nyckel har redan använts för en annan begäran. Skicka den här med en ny nyckel.",
    en="Another request was already sent with this key. Send this one with a new key.",
)
IDEMPOTENCY_KEY_INVALID = declare(
    "idempotency_key_invalid",
    422,
    fi="Idempotency-Key-avaimen on oltava 1–200 merkkiä pitkä.",
    sv="Nyckeln Idempotency-Key ska ha 1–200 tecken.",
    en="The Idempotency-Key must have 1 to 200 characters.",
)


def run(
    session: Session,
    *,
    actor_id: int,
    key: str | None,
    request_body: bytes,
    path: str,
    now: datetime,
    work: Callable[[], Answer],
) -> Answer:
    """Do the work once for this actor and key, in the caller's transaction; a repetition gets the first answer.

    Without a key the work is simply done. A refusal (DomainError) takes the claim back with it, so that the same
    request may succeed later. The body must be JSON-ready.

    Raises:
        DomainError: idempotency_mismatch: the key came with another path or body; idempotency_key_invalid.
    """
    if key is None:
        return work()
    if not 1 <= len(key) <= LONGEST:
        raise DomainError(IDEMPOTENCY_KEY_INVALID)
    digest = hashlib.sha256(path.encode() + b"\0" + request_body).digest()
    claimed = claim(session, actor_id, key, digest, now)
    if claimed is None:
        return _stored_answer(session, actor_id, key, digest)
    status, body = work()
    session.execute(
        update(StoredAnswer).where(StoredAnswer.id == claimed).values(status=status, body=body)
    )
    return status, body


def claim(session: Session, actor_id: int, key: str, digest: bytes, now: datetime) -> int | None:
    """Take the key for this transaction, or None when it was taken. Waits for one who is just taking it."""
    row = {"actor_id": actor_id, "key": key, "digest": digest, "created_at": now}
    return session.scalar(
        insertion(session, StoredAnswer)
        .values(row)
        .on_conflict_do_nothing(index_elements=["actor_id", "key"])
        .returning(StoredAnswer.id)
    )


def _stored_answer(session: Session, actor_id: int, key: str, digest: bytes) -> Answer:
    kept = session.execute(
        select(StoredAnswer.digest, StoredAnswer.status, StoredAnswer.body).where(
            StoredAnswer.actor_id == actor_id, StoredAnswer.key == key
        )
    ).one()
    if kept.digest != digest or kept.status is None or kept.body is None:
        raise DomainError(IDEMPOTENCY_MISMATCH)
    return kept.status, kept.body


def delete_old_answers(session: Session, before: datetime) -> int:
    """Delete answers given before an instant; answers how many. A client gives up retrying long before."""
    return len(
        session.scalars(
            delete(StoredAnswer).where(StoredAnswer.created_at < before).returning(StoredAnswer.id)
        ).all()
    )
