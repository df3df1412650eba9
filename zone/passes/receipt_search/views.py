"""What the page of all receipts shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from zone.passes.receipt_search.queries import FoundReceipts

NO_CODE = "-"
"""How an address names the series without a code; nothing is every series."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The receipts found for what was `asked`, and the values and texts to choose from."""

    found: FoundReceipts
    asked: Mapping[str, str]
    series_options: Sequence[tuple[str, str]]
    year_options: Sequence[tuple[str, str]]

    @property
    def older(self) -> str:
        """The address of the next part."""
        return "/manage/receipts?" + urlencode({**self.asked, "after": self.found.next or ""})
