"""The scheduled job that draws lotteries. It is safe to repeat."""

import logging
from datetime import datetime
from typing import Final

from zone.booking.draws import service
from zone.booking.lotteries.rules import KEY_FILE
from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError

LOG: Final = logging.getLogger(__name__)


def draw_lotteries(settings: Settings, now: datetime) -> int:
    """Draw what is due, also after a time without jobs; return how many lotteries ended.

    Raises:
        DomainError: seed_unproven, when all others have been drawn.
    """
    with reading() as session:
        due = service.lotteries_to_end(session, now)
    if not due:
        return 0
    ended, refused = 0, None
    valid = secrets.valid_secrets(settings.keys, KEY_FILE)
    # One transaction for each: locks are short, and one that cannot be drawn stops no other.
    for lottery_id in due:
        try:
            with writing() as session:
                ended += service.draw(session, lottery_id, valid, now)
        except DomainError as refusal:
            LOG.error("lottery %s: %s", lottery_id, refusal.code)
            refused = refusal
    if refused is not None:
        raise refused  # so the job counts as failed until somebody has seen to it
    return ended
