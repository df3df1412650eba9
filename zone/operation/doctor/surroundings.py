"""What Zone stands on: settings, folders, the database, clocks, mail and keys."""

import os
import shutil
import smtplib
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import func, select

from zone.access.entries.models import Entry
from zone.access.issuer_keys import service as issuer_keys
from zone.core.mail import smtp
from zone.core.mail.models import OutboxMail
from zone.feedback.answers import sealing
from zone.feedback.surveys.models import Survey, SurveyClosing
from zone.operation.doctor.findings import CheckContext, Finding, fail, warn, well
from zone.operation.migrations import service as migrations
from zone.operation.secrets import service as secrets

LITTLE_SPACE: Final = 1_000_000_000
NO_SPACE: Final = 100_000_000
"""Bytes free in the data folder."""
DRIFT: Final = timedelta(seconds=2)
TOO_MUCH_DRIFT: Final = timedelta(seconds=30)
"""Codes are good for half a minute: a clock further off refuses people."""
CODE_DRIFT: Final = 15
"""Seconds by which codes may seem old at the doors: they turn every ten."""
SCANS: Final = 200
MAIL_WAITS: Final = timedelta(minutes=15)
MAIL_IS_LATE: Final = timedelta(hours=2)
FIRST_POSTGRES: Final = 14


def check_settings(patient: CheckContext) -> Iterator[Finding]:
    """Whether the service is set up for people, and not for a demo."""
    given = patient.settings
    if given.demo:
        yield fail(
            "settings",
            "ZONE_DEMO is on: anybody signs in as anybody",
            "Unset ZONE_DEMO on a real service.",
        )
    if not given.secure and "//localhost" not in given.base_url:
        yield fail(
            "settings",
            f"people come by {given.base_url}, without TLS",
            "Put TLS in front; set ZONE_BASE_URL.",
        )
    if given.payment_provider == "development":
        yield warn(
            "settings",
            "the payment provider takes no money",
            "Set ZONE_PAYMENT_PROVIDER before you sell.",
        )
    yield well("settings", f"{given.base_url}, payments: {given.payment_provider}")


def check_folders(patient: CheckContext) -> Iterator[Finding]:
    """Who may read the data, and how much room there is."""
    folder = patient.settings.data_dir.absolute()
    if _mode(folder) & 0o007:
        yield warn(
            "folders",
            f"{folder} is open to every user of this machine",
            f"Run: chmod o-rwx {folder}",
        )
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:.1f} GB free in {folder}"
    if free < NO_SPACE:
        yield fail("folders", told, "Make room at once: a full disk stops bookings and entries.")
    elif free < LITTLE_SPACE:
        yield warn("folders", told, "Make room: delete old backups and logs, or enlarge the disk.")
    else:
        yield well("folders", told)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


SQLITE_KEEPS: Final = {"PRAGMA journal_mode": ("wal",), "PRAGMA synchronous": (2,)}
POSTGRES_KEEPS: Final = {
    "SHOW fsync": ("on",),
    "SHOW full_page_writes": ("on",),
    "SHOW synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
}
"""What must be set so that a power cut takes nothing back: the question, and the good answers, the usual one first."""


def check_database(patient: CheckContext) -> Iterator[Finding]:
    """Whether what was committed survives a power cut, and the server is not too old."""
    connection = patient.session.connection()
    on_sqlite = connection.dialect.name == "sqlite"
    for question, good in (SQLITE_KEEPS if on_sqlite else POSTGRES_KEEPS).items():
        answer, name = connection.exec_driver_sql(question).scalar(), question.split()[1]
        if answer not in good:
            yield fail(
                "database",
                f"{name} is {answer}",
                f"Set {name} to {good[0]}: a power cut loses bookings.",
            )
    version = connection.dialect.server_version_info or (0,)
    if not on_sqlite and int(version[0]) < FIRST_POSTGRES:
        yield fail(
            "database",
            f"PostgreSQL {version[0]}",
            f"Upgrade PostgreSQL to {FIRST_POSTGRES} or newer.",
        )
    yield well("database", f"{connection.dialect.name} {'.'.join(map(str, version))} answers")


def check_migrations(patient: CheckContext) -> Iterator[Finding]:
    """Whether the schema is this version's."""
    at, newest = migrations.present(), migrations.newest(patient.migrations)
    if migrations.is_ahead(patient.migrations):
        yield fail(
            "migrations",
            f"the database is ahead, at {at}",
            "Start the newer version of Zone that made it.",
        )
    elif at != newest:
        yield fail(
            "migrations",
            f"the database is at {at}, this version wants {newest}",
            "Run `zone migrate`.",
        )
    else:
        yield well("migrations", f"at {at}, the newest")


def check_clock(patient: CheckContext) -> Iterator[Finding]:
    """Whether this machine, the database and the phones agree on the time."""
    if patient.session.get_bind().dialect.name == "postgresql":
        yield from _database_clock(patient)
    synchronized = _synchronized()
    if synchronized == "no":
        yield warn(
            "clock",
            "not synchronized by NTP",
            "Switch time synchronization on: timedatectl set-ntp true",
        )
    else:
        yield well(
            "clock", f"{patient.now:%Y-%m-%d %H:%M:%S} UTC, NTP: {synchronized or 'not known here'}"
        )
    yield from _codes(patient)


def _database_clock(patient: CheckContext) -> Iterator[Finding]:
    theirs = patient.session.execute(select(func.clock_timestamp())).scalar_one()
    off = abs(theirs - patient.now)
    if off > DRIFT:
        told = f"{off.total_seconds():.0f} s between this machine and the database"
        make = fail if off > TOO_MUCH_DRIFT else warn
        yield make("clock", told, "Synchronize both with NTP.")


def _synchronized() -> str:
    """yes, no, or nothing where this machine does not say."""
    program = shutil.which("timedatectl")
    if program is None:
        return ""
    asked = subprocess.run(
        [program, "show", "--property=NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _codes(patient: CheckContext) -> Iterator[Finding]:
    """How old codes are when doors see them: phones and doors that drift apart show here first."""
    newest = select(Entry.occurred_at, Entry.ts).where(
        Entry.kind == "scan", Entry.granted, Entry.ts.is_not(None)
    )
    rows = patient.session.execute(newest.order_by(Entry.id.desc()).limit(SCANS)).all()
    if not rows:
        return
    drift = median(at.timestamp() - (ts or 0) for at, ts in rows)
    if not -CODE_DRIFT <= drift - CODE_DRIFT / 3 <= CODE_DRIFT:
        yield warn(
            "codes",
            f"codes are {drift:.0f} s old at the doors",
            "Look at the clocks of the bridges.",
        )
    else:
        yield well("codes", f"codes are {drift:.0f} s old at the doors")


def check_mail(patient: CheckContext) -> Iterator[Finding]:
    """Whether mail leaves."""
    if not patient.settings.smtp_url:
        yield warn(
            "mail", "no mail server is set, so nobody can sign in by mail", "Set ZONE_SMTP_URL."
        )
    else:
        yield from _mail_server(patient.settings.smtp_url)
    oldest = patient.session.scalar(
        select(func.min(OutboxMail.created_at)).where(OutboxMail.state == "waiting")
    )
    waits = timedelta(0) if oldest is None else patient.now - oldest
    if waits <= MAIL_WAITS:
        yield well("mail", "nothing waits for long")
        return
    make = fail if waits > MAIL_IS_LATE else warn
    yield make(
        "mail",
        f"the oldest mail waits for {waits}",
        "Look whether the scheduler runs, and at the mail server.",
    )


def _mail_server(url: str) -> Iterator[Finding]:
    try:
        with smtp.connect(url):
            yield well("mail", "the mail server answers")
    except (OSError, smtplib.SMTPException) as error:
        yield fail(
            "mail",
            f"the mail server: {type(error).__name__}",
            "Check ZONE_SMTP_URL and the network.",
        )


def check_keys(patient: CheckContext) -> Iterator[Finding]:
    """Whether the keys are there, closed to others, and young enough."""
    folder = patient.settings.keys
    if not folder.is_dir():
        yield warn(
            "keys",
            f"{folder} is not there",
            "It is made with the first key. After a restore put yours back before anybody signs in.",
        )
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail("keys", f"{folder} is closed to this user", THEIR_OWNER)
        return
    for path in sorted(folder.iterdir()):
        if _mode(path) & 0o077:
            yield fail(
                "keys",
                f"{path} may be read by others",
                f"Run: chmod 600 {path}, and rotate that key.",
            )
        if not os.access(path, os.R_OK):
            yield fail("keys", f"{path} is closed to this user", THEIR_OWNER)
    yield from _issuers(folder, patient.now)
    yield from _survey_keys(patient)


THEIR_OWNER: Final = (
    "Give the keys to the service's user (chown -R), and run the doctor as that user."
)


def _issuers(folder: Path, now: datetime) -> Iterator[Finding]:
    starts = issuer_keys.signs_from(folder)
    if not starts:
        yield warn(
            "keys",
            "there is no issuer key",
            "It is made with the first phone; after a restore put it back.",
        )
        return
    signing = issuer_keys.signing_number(folder, now)
    start = starts[signing]
    if min(starts) < signing and start is not None and now >= start + issuer_keys.READ_WITHIN:
        yield warn(
            "keys", "an old issuer is not needed any more", "Run `zone rotate issuer --drop-old`."
        )
    age = now - datetime.fromtimestamp((folder / f"issuer-{signing}.pem").stat().st_mtime, UTC)
    if age > secrets.YEARLY:
        yield warn("keys", f"issuer {signing} is {age.days} days old", "Run `zone rotate issuer`.")
    yield well("keys", f"issuer {signing} of {', '.join(map(str, starts))} signs")


def _survey_keys(patient: CheckContext) -> Iterator[Finding]:
    closed = select(SurveyClosing.survey_id)
    for code, public in patient.session.execute(
        select(Survey.code, Survey.public_key).where(Survey.id.not_in(closed))
    ):
        if not sealing.key_path(patient.settings, public).exists():
            todo = "Put its file back into the keys folder before the survey closes: without it no answer can be read."
            yield fail("keys", f"the key of survey {code} is missing", todo)
    for code, public in patient.session.execute(
        select(Survey.code, Survey.public_key).where(Survey.id.in_(closed))
    ):
        if sealing.key_path(patient.settings, public).exists():
            todo = (
                "Delete it, also from copies: with it and an old backup answers can be told apart."
            )
            yield warn("keys", f"the key of the closed survey {code} is still there", todo)
