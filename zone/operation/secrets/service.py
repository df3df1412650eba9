"""`zone rotate`: make new secrets and issuer keys during operation; delete the old ones later.

A rotation adds a file and changes none: the new key signs, all keys verify. A second command
deletes the old files, and refuses while something may still depend on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from zone.access.issuer_keys import queries as issuer_queries
from zone.access.issuer_keys import service as issuer_keys
from zone.booking.lotteries import rules as lotteries_rules
from zone.core import secrets
from zone.core.errors import OperationError
from zone.members.push import rules as push_rules
from zone.members.push import service as push
from zone.members.push import vapid
from zone.members.sign_in import flows as sign_in_flows
from zone.passes.payments.providers import development

SECRETS: Final = (sign_in_flows.KEY_FILE, development.KEY_FILE)
"""The secrets that sign the codes in mails and those of the development payment provider."""
KEPT: Final = (lotteries_rules.KEY_FILE,)
"""The secret that makes the seeds of draws. Old ones stay: a draw that was announced under one may
be weeks ahead, and afterwards it has nothing to hide, because the seed is published.
"""
OVERLAP: Final = timedelta(days=1)
"""How long an old secret is kept: longer than a code is valid or a payment page is open."""
PUSH: Final = (vapid.KEY_FILE,)
PUSH_OVERLAP: Final = push_rules.UNUSED
"""How long the old key of notifications is kept: a browser subscribes anew when its person looks at
their page.
"""
YEARLY: Final = timedelta(days=400)
"""The age at which the doctor asks for a new key: a year, and a month to do it."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The files that were made, and the time from which the old ones may be deleted."""

    made: tuple[str, ...]
    drop_from: datetime


def rotate_secrets(
    folder: Path,
    now: datetime,
    names: Sequence[str] = (*SECRETS, *KEPT),
    overlap: timedelta = OVERLAP,
) -> Rotated:
    """Make new secrets, which sign at once."""
    # Those that exist: a secret that was never used is made at its first use.
    files = tuple(
        secrets.rotate(folder, name).name for name in names if secrets.secret_files(folder, name)
    )
    return Rotated(files, now + overlap)


def rotate_push(folder: Path, now: datetime) -> Rotated:
    """Make a new key of notifications; a browser that was subscribed for an old one keeps it."""
    return rotate_secrets(folder, now, PUSH, PUSH_OVERLAP)


def rotate_issuer(folder: Path, now: datetime) -> Rotated:
    """Make a new issuer key; it signs after HEARD_WITHIN, when every door knows it.

    Raises:
        OperationError: the last new issuer does not sign yet, or all 255 numbers are used.
    """
    issuer_keys.ensure_issuer(folder)
    if issuer_queries.signing_number(folder, now) != max(issuer_queries.signs_from(folder)):
        raise OperationError(
            "A new issuer key has been made already and does not sign yet. Nothing was changed."
        )
    starts = now + issuer_keys.SIGNS_AFTER
    try:
        number = issuer_keys.add_issuer(folder, starts)
    except ValueError as error:
        raise OperationError(
            f"{error}: take old ones away with `zone rotate issuer --drop-old`."
        ) from error
    return Rotated((f"issuer-{number}.pem",), starts + issuer_queries.NEEDED_FOR)


def drop_old_secrets(
    folder: Path,
    now: datetime,
    *,
    at_once: bool = False,
    names: Sequence[str] = SECRETS,
    overlap: timedelta = OVERLAP,
) -> list[str]:
    """Delete all but the newest of each secret, and return the names of the files.

    Raises:
        OperationError: something that an old secret signed may still be in use.
    """
    due = {name: files for name in names if len(files := secrets.secret_files(folder, name)) > 1}
    for files in due.values():
        _check_overlap(_made_at(files[max(files)]) + overlap, now, at_once=at_once)
    return [path.name for files in due.values() for path in secrets.drop_older(files, max(files))]


def drop_old_push(folder: Path, now: datetime, *, at_once: bool = False) -> list[str]:
    """As `drop_old_secrets`, for the key of notifications; see `end_without_key`."""
    return drop_old_secrets(folder, now, at_once=at_once, names=PUSH, overlap=PUSH_OVERLAP)


def end_without_key(session: Session, folder: Path) -> int:
    """End the subscriptions that were made for a key that is not there; return how many."""
    return push.delete_made_for(session, push_keys(folder))


def push_keys(folder: Path) -> set[str]:
    """Return the public keys of notifications whose secrets are there; none is made."""
    if not secrets.secret_files(folder, vapid.KEY_FILE):
        return set()
    return {vapid.public_text(one) for one in secrets.valid_secrets(folder, vapid.KEY_FILE)}


def drop_old_issuers(folder: Path, now: datetime, *, at_once: bool = False) -> list[str]:
    """Delete the issuers before the one that signs, and return the names of the files.

    With `at_once`, as after a theft, the newest signs from now on, though a door may not know it.

    Raises:
        OperationError: a door may still need an old one.
    """
    starts = issuer_queries.signs_from(folder)
    number = max(starts, default=0) if at_once else issuer_queries.signing_number(folder, now)
    if (start := starts[number]) is not None:
        _check_overlap(start + issuer_queries.NEEDED_FOR, now, at_once=at_once)
    return [path.name for path in issuer_keys.drop_older(folder, number)]


def _check_overlap(end: datetime, now: datetime, *, at_once: bool) -> None:
    if now < end and not at_once:
        raise OperationError(
            f"The old ones are still needed until {end:%Y-%m-%d %H:%M} UTC. Nothing was changed. "
            "If one was stolen, add --at-once: what it signed is then worth nothing."
        )


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
