"""Whether a product is sold at an instant. Pure."""

from collections.abc import Sequence
from datetime import datetime

from zone.core.errors import DomainError
from zone.passes.sale_windows.errors import SALE_CLOSED, SALE_NOT_OPEN

OpenWindow = tuple[datetime, datetime | None]


def check_open(windows: Sequence[OpenWindow], now: datetime) -> None:
    """Check that a product with these windows is sold now; one without any always is.

    Raises:
        DomainError: sale_not_open, with when it opens; sale_closed, with when it ended.
    """
    if not windows or any(opens <= now and (end is None or now < end) for opens, end in windows):
        return
    if coming := [opens for opens, _end in windows if opens > now]:
        raise DomainError(SALE_NOT_OPEN, params={"opens": min(coming)})
    ended = max(end for _opens, end in windows if end is not None)
    raise DomainError(SALE_CLOSED, params={"closed": ended})
