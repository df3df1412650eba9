"""Try a code that somebody typed: wrong ones are counted in transactions of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.rate_limit import service as rate_limit
from zone.passes.vouchers import queries
from zone.passes.vouchers.errors import VOUCHER_UNKNOWN
from zone.passes.vouchers.rules import WRONG_CODES


@contextmanager
def counted_try(member_id: int, typed: str | None, now: datetime) -> Iterator[None]:
    """Count what follows as a try of a code, if one was typed and it turns out to be unknown.

    Around the work instead of before it: a repeated request gets its first answer, also where the
    code was used up by it.

    Raises:
        DomainError: too_many_requests.
    """
    if not typed:
        yield
        return
    who = str(member_id)
    with writing() as session:
        rate_limit.count_attempt(session, WRONG_CODES, who, now)
    wrong = False
    try:
        yield
    except DomainError as refusal:
        wrong = VOUCHER_UNKNOWN in refusal.reasons
        raise
    finally:
        if not wrong:
            with writing() as session:
                rate_limit.release_attempt(session, WRONG_CODES, who, now)


def check_code(member_id: int, typed: str, now: datetime) -> None:
    """Check that there is such a code; who tries many has to wait.

    Raises:
        DomainError: voucher_unknown, too_many_requests.
    """
    with counted_try(member_id, typed, now), reading() as session:
        queries.voucher_of(session, typed)
