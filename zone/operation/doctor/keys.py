"""Checks of the folder of keys: secrets, the issuers of passes, and the keys of surveys."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from zone.access.issuer_keys import queries as issuer_queries
from zone.booking.draws import service as draws
from zone.booking.lotteries import queries as lotteries_queries
from zone.booking.lotteries.rules import KEY_FILE
from zone.core import secrets as stored_secrets
from zone.feedback.answers import sealing
from zone.feedback.surveys import queries as surveys_queries
from zone.members.push import queries as push_queries
from zone.operation.doctor.findings import CheckContext, Finding, fail, ok, warn
from zone.operation.secrets import service as secrets

CHOWN: Final = "Give the keys to the service's user (chown -R), and run the doctor as that user."
PUT_BACK: Final = "Put the file back from a backup with keys, or rotate: `zone rotate --help`."


def check_keys(context: CheckContext) -> Iterator[Finding]:
    """Check that the keys are there, readable by this user alone, and not older than a year."""
    folder = context.settings.keys
    if not folder.is_dir():
        yield warn(
            "keys",
            f"{folder} is not there",
            "It is made with the first key. "
            "After a restore put yours back before anybody signs in.",
        )
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail("keys", f"{folder} is closed to this user", CHOWN)
        return
    # What is no file, such as a link that leads nowhere, is none of ours.
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in files:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield fail(
                "keys",
                f"{path} may be read by others",
                f"Run: chmod 600 {path}, and rotate that key.",
            )
        if not os.access(path, os.R_OK):
            yield fail("keys", f"{path} is closed to this user", CHOWN)
        elif path.suffix == ".key" and path.stat().st_size < stored_secrets.BYTES:
            yield fail("keys", f"{path} is not a whole secret", PUT_BACK)
    yield from _check_issuers(folder, context.now)
    yield from _check_survey_keys(context)
    yield from _check_lottery_secrets(context)
    yield from _check_push_keys(context)


def _check_issuers(folder: Path, now: datetime) -> Iterator[Finding]:
    try:
        starts = issuer_queries.signs_from(folder)
        issuer_queries.issuers(folder)
    except (ValueError, TypeError) as error:
        yield fail("keys", f"an issuer key cannot be read ({type(error).__name__})", PUT_BACK)
        return
    if not starts:
        yield warn(
            "keys",
            "there is no issuer key",
            "It is made with the first phone; after a restore put it back.",
        )
        return
    signing = issuer_queries.signing_number(folder, now)
    start = starts[signing]
    if min(starts) < signing and start is not None and now >= start + issuer_queries.NEEDED_FOR:
        yield warn(
            "keys", "an old issuer is not needed any more", "Run `zone rotate issuer --drop-old`."
        )
    age = now - datetime.fromtimestamp((folder / f"issuer-{signing}.pem").stat().st_mtime, UTC)
    if age > secrets.YEARLY:
        yield warn("keys", f"issuer {signing} is {age.days} days old", "Run `zone rotate issuer`.")
    yield ok("keys", f"issuer {signing} of {', '.join(map(str, starts))} signs")


def _check_lottery_secrets(context: CheckContext) -> Iterator[Finding]:
    folder = context.settings.keys
    # Only where there are some: asking for a secret that is lost would make another one.
    known = stored_secrets.secret_files(folder, KEY_FILE)
    secrets_known = stored_secrets.valid_secrets(folder, KEY_FILE) if known else ()
    for lottery, class_session in lotteries_queries.live_lotteries(context.session):
        if draws.seed_of(lottery, class_session, secrets_known) is None:
            yield fail(
                "keys",
                f"no secret fits what lottery {lottery.public_id} promised",
                f"Put {KEY_FILE} back from a backup with keys before "
                f"{lottery.draws_at:%Y-%m-%d %H:%M} UTC; if it is there, somebody changed the "
                "lottery in the database. Without it the draw stops: call it off.",
            )


def _check_survey_keys(context: CheckContext) -> Iterator[Finding]:
    for code, public in surveys_queries.public_keys(context.session, closed=False):
        if not sealing.key_path(context.settings, public).exists():
            todo = (
                "Put its file back into the keys folder before the survey closes: "
                "without it no answer can be read."
            )
            yield fail("keys", f"the key of survey {code} is missing", todo)
    for code, public in surveys_queries.public_keys(context.session, closed=True):
        if sealing.key_path(context.settings, public).exists():
            todo = (
                "Delete it, also from copies: with it and an old backup answers can be told apart."
            )
            yield warn("keys", f"the key of the closed survey {code} is still there", todo)


def _check_push_keys(context: CheckContext) -> Iterator[Finding]:
    try:
        known = secrets.push_keys(context.settings.keys)
    except OSError:  # said above, of the file
        return
    made_for = push_queries.server_keys(context.session, context.now)
    if made_for - known:
        todo = (
            "Put push.key back from a backup with keys. If it is lost, `zone rotate push "
            "--drop-old` turns these notifications off, and people turn them on anew."
        )
        yield fail("keys", "the key of notifications that browsers know is missing", todo)
