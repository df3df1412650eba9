"""Take in an upload: what its codes prove, then the rows, then the visits, each by itself."""

import logging
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from firmware_bridge.wire.messages.entries import Upload, UploadAck
from zone.access.entries import service
from zone.access.entries.context import Issuers, proofs_of
from zone.access.visits import service as visits
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.safe_error import describe_with_traceback

log = logging.getLogger(__name__)


def take_in(bridge_id: int, upload: Upload, issuers: Issuers, now: datetime) -> UploadAck:
    """Store the rows of an upload, and derive the visits that they make."""
    # Before the transaction that writes: 500 signatures take 0.1 s, in which nobody could book.
    with reading() as session:
        proofs = proofs_of(session, bridge_id, upload, issuers, now)
    with writing() as session:
        ack = service.receive(session, bridge_id, upload, proofs, now)
    _derive(now)
    return ack


def _derive(now: datetime) -> None:
    """Derive visits from the stored entries; after an error the job derives them later."""
    # The entries are committed already. An error here must not refuse the upload, or the bridge
    # would send it again and again.
    try:
        with writing() as session:
            visits.derive(session, now)
    except (SQLAlchemyError, DomainError) as error:
        log.warning("visits will be derived by the job: %s", describe_with_traceback(error))
