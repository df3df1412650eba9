"""Check a code that somebody typed: wrong ones are counted in transactions of their own."""

from datetime import datetime

from zone.core.db.transactions import reading, writing
from zone.core.rate_limit import service as rate_limit
from zone.passes.vouchers import queries
from zone.passes.vouchers.rules import WRONG_CODES


def check_code(member_id: int, typed: str, now: datetime) -> None:
    """Check that there is such a code; who tries many has to wait.

    Raises:
        DomainError: voucher_unknown, too_many_requests.
    """
    who = str(member_id)
    with writing() as session:
        rate_limit.count_attempt(session, WRONG_CODES, who, now)
    with reading() as session:
        queries.voucher_of(session, typed)
    with writing() as session:
        rate_limit.release_attempt(session, WRONG_CODES, who, now)
