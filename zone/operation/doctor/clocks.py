"""Checks of the clock: this machine's against the database, the phones and payment providers."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Final

from sqlalchemy import func, select

from zone.access.bridges import queries as bridges_queries
from zone.access.entries import queries as entries_queries
from zone.operation.doctor.findings import CheckContext, Finding, fail, ok, warn
from zone.passes.payments.providers.choice import PROVIDERS, missing_keys
from zone.passes.payments.providers.http_client import clock_ahead
from zone.passes.payments.providers.protocol import ProviderUnavailableError

DRIFT: Final = timedelta(seconds=2)
TOO_MUCH_DRIFT: Final = timedelta(seconds=30)
"""A code in a phone is good for 30 s: doors with a clock further off refuse people."""
CODE_AGE: Final = 5
"""Seconds: the median age of a code at a door. Phones make a new code every 10 s."""
CODE_DRIFT: Final = 15
"""Seconds by which the median may differ from CODE_AGE: half of the time for which a code is good.
"""
SCANS: Final = 50
"""Newest scans of a bridge whose median age of the code is taken."""
LEAST_SCANS: Final = 5
"""Of fewer one phone with a wrong clock would decide."""
PROVIDER_DRIFT: Final = timedelta(seconds=10)
"""The header of a provider has whole seconds, and its answer takes some."""
TOO_MUCH_PROVIDER_DRIFT: Final = timedelta(minutes=2)
"""Stripe's signed notices are refused beyond 5 minutes, and Paytrail refuses our signed calls."""


def check_clock(context: CheckContext) -> Iterator[Finding]:
    """Check this machine's time against that of the database, phones and payment providers."""
    if context.session.get_bind().dialect.name == "postgresql":
        yield from _check_database_clock(context)
    synchronized = _ntp_state()
    if synchronized == "no":
        yield warn(
            "clock",
            "not synchronized by NTP",
            "Switch time synchronization on: timedatectl set-ntp true",
        )
    else:
        yield ok(
            "clock", f"{context.now:%Y-%m-%d %H:%M:%S} UTC, NTP: {synchronized or 'not known here'}"
        )
    yield from _check_codes(context)
    yield from _check_providers(context)


def _check_database_clock(context: CheckContext) -> Iterator[Finding]:
    database_now = context.session.execute(select(func.clock_timestamp())).scalar_one()
    drift = abs(database_now - context.now)
    if drift > DRIFT:
        what = f"{drift.total_seconds():.0f} s between this machine and the database"
        finding = fail if drift > TOO_MUCH_DRIFT else warn
        yield finding("clock", what, "Synchronize both with NTP.")


def _ntp_state() -> str:
    """Return yes or no, or nothing where this machine does not say."""
    program = shutil.which("timedatectl")
    if program is None:
        return ""
    result = subprocess.run(
        [program, "show", "--property=NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() if result.returncode == 0 else ""


def _check_codes(context: CheckContext) -> Iterator[Finding]:
    """Check how old codes are at the doors of each bridge: its clock and those of many phones."""
    for bridge in bridges_queries.bridges(context.session, context.now):
        if bridge.state != "enrolled":
            continue
        ages = entries_queries.code_ages(context.session, bridge.id, SCANS)
        if len(ages) >= LEAST_SCANS:
            yield _finding_of(bridge.name, median(ages))


def _finding_of(bridge: str, age: float) -> Finding:
    what = f"bridge “{bridge}”: codes are {age:.0f} s old at its doors"
    off = age - CODE_AGE
    if abs(off) <= CODE_DRIFT:
        return ok("codes", what)
    way = "ahead of" if off > 0 else "behind"
    finding = fail if abs(off) > TOO_MUCH_DRIFT.total_seconds() else warn
    return finding(
        "codes",
        f"{what}: its clock is {abs(off):.0f} s {way} the phones",
        "While connected it follows the clock of this machine: look at that first. Else its "
        "computer has lost the time without a network: set it by NTP, and see to the battery of "
        "its clock. `zone-bridge doctor` on it says how far it is off.",
    )


def _check_providers(context: CheckContext) -> Iterator[Finding]:
    """Check the clock against those of the payment providers, who sign with the time."""
    for name in context.settings.payment_providers:
        if name not in PROVIDERS or missing_keys(context.settings, name):
            continue
        provider = PROVIDERS[name].make(context.settings)
        if not provider.url:
            continue
        try:
            ahead = clock_ahead(provider.url)
        except ProviderUnavailableError:
            yield warn(
                "clock",
                f"{provider.title} did not say its time",
                "Try the provider on the page /manage/payments.",
            )
            continue
        if abs(ahead) > PROVIDER_DRIFT:
            finding = fail if abs(ahead) > TOO_MUCH_PROVIDER_DRIFT else warn
            way = "ahead of" if ahead > timedelta() else "behind"
            yield finding(
                "clock",
                f"{abs(ahead).total_seconds():.0f} s {way} {provider.title}",
                "Synchronize this machine with NTP: providers refuse calls of another time, and "
                "their notices are refused here.",
            )
        else:
            yield ok("clock", f"agrees with {provider.title}")
