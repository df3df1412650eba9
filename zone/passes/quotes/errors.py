"""The refusals of a quote, which other leaves declare."""

from typing import Final

from zone.core.errors import NOT_FOUND, ErrorCode
from zone.passes.catalogue.errors import NO_SEASON, START_TOO_SOON, VAT_UNKNOWN
from zone.passes.orders.errors import (
    ELIGIBILITY_ENDS_FIRST,
    NOT_ELIGIBLE,
    NOT_SOLD,
    START_TOO_FAR,
)
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.sale_windows.errors import SALE_CLOSED, SALE_NOT_OPEN

OF_QUOTE: Final[tuple[ErrorCode, ...]] = (
    NOT_FOUND,
    NOT_ELIGIBLE,
    ELIGIBILITY_ENDS_FIRST,
    NOT_SOLD,
    NO_SEASON,
    START_TOO_SOON,
    START_TOO_FAR,
    VAT_UNKNOWN,
    SALE_NOT_OPEN,
    SALE_CLOSED,
    SOLD_OUT,
)
