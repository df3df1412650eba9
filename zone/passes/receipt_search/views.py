"""What the page of all receipts shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from zone.passes.receipt_search.queries import FoundReceipts

NO_CODE: Final = "-"
"""What stands in an address for the series without a code; an empty value is every series."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The receipts found by the query `asked`, and the options of its fields (value, text)."""

    found: FoundReceipts
    asked: Mapping[str, str]
    series_options: Sequence[tuple[str, str]]
    year_options: Sequence[tuple[str, str]]

    @property
    def older(self) -> str:
        """The address of the next page, with older receipts."""
        return "/manage/receipts?" + urlencode({**self.asked, "after": self.found.next or ""})
