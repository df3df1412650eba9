"""How long a command is valid, and which outcome each kind of entry means. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

COMMAND_LIFETIME: Final = timedelta(seconds=30)
"""Longer, and the person at the door has gone, or somebody else stands there."""
LONGEST_REASON: Final = 500

OUTCOMES: Final[Mapping[str, str]] = {
    "opened_by_desk": "opened",
    "relay_fault": "relay_fault",
    "order_refused": "refused",
}
"""What an entry about an order makes of it. A relay that did not answer comes after the opening, and says more."""
