"""`zone rotate`: new secrets and issuer keys while everything goes on, and the old ones gone after an overlap.

A rotation adds a file and changes none: the new one signs, all verify. What is old is taken away by a second command,
which refuses while anything may still depend on it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from zone.access.issuer_keys import service as issuer_keys
from zone.core import secrets
from zone.core.errors import OperationError
from zone.members.sign_in import flows as sign_in_flows
from zone.passes.payments.providers import development

SECRETS: Final = (sign_in_flows.KEY_FILE, development.KEY_FILE)
"""What signs codes in mails, and what the development payment provider signs with."""
OVERLAP: Final = timedelta(days=1)
"""How long an old secret is kept: longer than a code lives or a payment page stays open."""
YEARLY: Final = timedelta(days=400)
"""A key that is older should be followed by another."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was made, and from when the old may be dropped."""

    made: tuple[str, ...]
    drop_from: datetime


def rotate_secrets(folder: Path, now: datetime) -> Rotated:
    """New secrets, which sign at once."""
    made = tuple(
        secrets.rotate(folder, name).name for name in SECRETS if secrets.files(folder, name)
    )
    return Rotated(made, now + OVERLAP)


def rotate_issuer(folder: Path, now: datetime) -> Rotated:
    """A new issuer, which doors hear of at once and which signs two hours later.

    Raises:
        OperationError: the last new issuer does not sign yet, or all 255 numbers are used.
    """
    issuer_keys.ensure_issuer(folder)
    if issuer_keys.signing_number(folder, now) != max(issuer_keys.signs_from(folder)):
        raise OperationError(
            "A new issuer key has been made already and does not sign yet. Nothing was changed."
        )
    starts = now + issuer_keys.HEARD_WITHIN
    try:
        number = issuer_keys.add_issuer(folder, starts)
    except ValueError as error:
        raise OperationError(
            f"{error}: take old ones away with `zone rotate issuer --drop-old`."
        ) from error
    return Rotated((f"issuer-{number}.pem",), starts + issuer_keys.READ_WITHIN)


def drop_old_secrets(folder: Path, now: datetime, *, at_once: bool = False) -> list[str]:
    """Take away all but the newest of each secret; which files that were.

    Raises:
        OperationError: what an old one signed may still be under way.
    """
    due = {name: found for name in SECRETS if len(found := secrets.files(folder, name)) > 1}
    for found in due.values():
        _overlap_is_over(_made_at(found[max(found)]) + OVERLAP, now, at_once=at_once)
    return [path.name for found in due.values() for path in secrets.drop_older(found, max(found))]


def drop_old_issuers(folder: Path, now: datetime, *, at_once: bool = False) -> list[str]:
    """Take away the issuers before the one that signs; which files that were.

    With `at_once`, as after a theft, the newest signs from now on, though a door may not know it yet.

    Raises:
        OperationError: a door may still need an old one.
    """
    starts = issuer_keys.signs_from(folder)
    number = max(starts, default=0) if at_once else issuer_keys.signing_number(folder, now)
    if (start := starts[number]) is not None:
        _overlap_is_over(start + issuer_keys.READ_WITHIN, now, at_once=at_once)
    return [path.name for path in issuer_keys.drop_older(folder, number)]


def _overlap_is_over(end: datetime, now: datetime, *, at_once: bool) -> None:
    if now < end and not at_once:
        raise OperationError(
            f"The old ones are still needed until {end:%Y-%m-%d %H:%M} UTC. Nothing was changed. "
            "If one was stolen, add --at-once: what it signed is then worth nothing."
        )


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
