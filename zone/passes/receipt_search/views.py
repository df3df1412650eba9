"""What the page of all receipts shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask_babel import gettext

from zone.passes.numbering.queries import SeriesYear
from zone.passes.receipt_search.queries import FoundReceipts

NO_CODE = "-"
"""How an address names the series without a code; nothing is every series."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The receipts that were found for what was `asked`, and all series."""

    found: FoundReceipts
    series: Sequence[SeriesYear]
    asked: Mapping[str, str]

    @property
    def series_options(self) -> list[tuple[str, str]]:
        """The series to choose from, by code."""
        codes = sorted({one.code for one in self.series})
        every = ("", gettext("All"))
        return [
            every,
            *((code or NO_CODE, code or gettext("Web, without a code")) for code in codes),
        ]

    @property
    def year_options(self) -> list[tuple[str, str]]:
        """The years to choose from, the newest first."""
        years = sorted({one.year for one in self.series}, reverse=True)
        return [("", gettext("All")), *((str(year), str(year)) for year in years)]

    @property
    def older(self) -> str:
        """The address of the next part."""
        return "/manage/receipts?" + urlencode({**self.asked, "after": self.found.next or ""})
