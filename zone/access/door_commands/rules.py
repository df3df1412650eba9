"""How long a command is valid, and which outcome each kind of entry means. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

# After more than half a minute another person may stand at the door.
COMMAND_LIFETIME: Final = timedelta(seconds=30)
LONGEST_REASON: Final = 500

# The outcome by the kind of the entry that refers to the command. A relay fault is reported after
# `opened_by_desk` and replaces its outcome.
OUTCOMES: Final[Mapping[str, str]] = {
    "opened_by_desk": "opened",
    "relay_fault": "relay_fault",
    "order_refused": "refused",
}
