"""A write that a person may send twice (two taps, a lost answer) has one effect, and both get the same answer.

The key of a request belongs to the one who sends it. It is claimed in the transaction of the work itself, so a crash
leaves both or neither; a second request with the key waits for the first at the database's unique key.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Response, jsonify, request
from sqlalchemy import BigInteger, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zone.core.clock import utc_now
from zone.core.errors import DomainError, declare
from zone.db import Base, Id, insertion, writing
from zone.http.auth import current_actor

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 200

Answer = tuple[int, dict[str, Any]]
"""HTTP status and a JSON-ready body."""

MISMATCH = declare(
    "idempotency_mismatch",
    422,
    fi="Samalla avaimella on jo lähetetty toisenlainen pyyntö. Lähetä tämä uudella avaimella.",
    sv="Samma nyckel har redan använts för en annan begäran. Skicka den här med en ny nyckel.",
    en="Another request was already sent with this key. Send this one with a new key.",
)
KEY_INVALID = declare(
    "idempotency_key_invalid",
    422,
    fi="Idempotency-Key-avaimen on oltava 1–200 merkkiä pitkä.",
    sv="Nyckeln Idempotency-Key ska ha 1–200 tecken.",
    en="The Idempotency-Key must have 1 to 200 characters.",
)


class KeptAnswer(Base):
    """What a request with a key was answered. `digest` tells the same request from another with its key."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: Mapped[Id]
    actor_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    digest: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


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
        raise DomainError(KEY_INVALID)
    digest = hashlib.sha256(path.encode() + b"\0" + request_body).digest()
    claimed = claim(session, actor_id, key, digest, now)
    if claimed is None:
        return _kept(session, actor_id, key, digest)
    status, body = work()
    session.execute(update(KeptAnswer).where(KeptAnswer.id == claimed).values(status=status, body=body))
    return status, body


def answer_once(status: int, work: Callable[[Session], dict[str, Any]]) -> Response:
    """Do the work of this API request in one transaction, once for its Idempotency-Key."""
    with writing() as session:
        kept, body = run(
            session, actor_id=current_actor().id, key=request.headers.get(HEADER), request_body=request.get_data(),
            path=request.path, now=utc_now(), work=lambda: (status, work(session)),
        )  # fmt: skip
    response = jsonify(body)
    response.status_code = kept
    return response


def submit_once(typed: object, work: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """Do the work of this form in one transaction, once for the `key` that the form carries.

    `typed` is what the form says: the same key with other words is refused.
    """
    with writing() as session:
        _, kept = run(
            session, actor_id=current_actor().id, key=request.form.get("key") or None,
            request_body=repr(typed).encode(), path=request.path, now=utc_now(), work=lambda: (303, work(session)),
        )  # fmt: skip
    return kept


def claim(session: Session, actor_id: int, key: str, digest: bytes, now: datetime) -> int | None:
    """Take the key for this transaction, or None when it was taken. Waits for one who is just taking it."""
    row = {"actor_id": actor_id, "key": key, "digest": digest, "created_at": now}
    return session.scalar(
        insertion(session, KeptAnswer)
        .values(row)
        .on_conflict_do_nothing(index_elements=["actor_id", "key"])
        .returning(KeptAnswer.id)
    )


def _kept(session: Session, actor_id: int, key: str, digest: bytes) -> Answer:
    kept = session.execute(
        select(KeptAnswer.digest, KeptAnswer.status, KeptAnswer.body).where(
            KeptAnswer.actor_id == actor_id, KeptAnswer.key == key
        )
    ).one()
    if kept.digest != digest or kept.status is None or kept.body is None:
        raise DomainError(MISMATCH)
    return kept.status, kept.body


def forget(session: Session, before: datetime) -> int:
    """Delete answers given before an instant; answers how many. A client gives up retrying long before."""
    return len(session.scalars(delete(KeptAnswer).where(KeptAnswer.created_at < before).returning(KeptAnswer.id)).all())
